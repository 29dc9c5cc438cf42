import Type from "typebox";
import { busEventTypes } from "./events.ts";
import { idPattern } from "./ids.ts";
import { nullable } from "./nullable.ts";
import { timeSchema } from "./run.ts";

const urlSchema = Type.String({
  minLength: 8,
  maxLength: 2048,
  pattern: "^https?://",
  description: "Where events are posted. Its host must be one that the operator allows.",
});
const typesSchema = Type.Array(Type.Enum([...busEventTypes] as const, { description: "A type of event." }), {
  minItems: 1,
  maxItems: busEventTypes.length,
  uniqueItems: true,
  description: "The types that are delivered.",
});

export const createWebhookRequestSchema = Type.Object(
  { url: urlSchema, types: Type.Optional(typesSchema) },
  {
    title: "CreateWebhookRequest",
    additionalProperties: false,
    description: "A new webhook; all types if none are named.",
  },
);
export type CreateWebhookRequest = Type.Static<typeof createWebhookRequestSchema>;

const webhookFields = {
  id: Type.String({ pattern: idPattern("webhook"), description: "Names the webhook." }),
  url: urlSchema,
  types: typesSchema,
  created_at: timeSchema,
  delivered_at: nullable(timeSchema, "When an event was last taken; null if none was."),
  failing: Type.Boolean({ description: "Whether the last try failed; it is tried again." }),
  last_status: nullable(Type.Integer(), "The HTTP status of the last try; null when there was no answer."),
  last_error: nullable(Type.String({ maxLength: 256 }), "Why the last try failed; null when it did not."),
  given_up: Type.Integer({ minimum: 0, description: "Events that were given up after too many tries." }),
};

export const webhookSchema = Type.Object(webhookFields, {
  title: "Webhook",
  additionalProperties: false,
  description: "An address to which events are posted.",
});
export type Webhook = Type.Static<typeof webhookSchema>;

export const createdWebhookSchema = Type.Object(
  {
    ...webhookFields,
    secret: Type.String({
      maxLength: 64,
      description: "`whsec_` and base64 of the bytes that sign deliveries. Shown once.",
    }),
  },
  { title: "CreatedWebhook", additionalProperties: false, description: "A webhook with its secret." },
);
export type CreatedWebhook = Type.Static<typeof createdWebhookSchema>;

export const webhookListSchema = Type.Object(
  { items: Type.Array(webhookSchema, { description: "Newest first." }) },
  { title: "WebhookList", additionalProperties: false, description: "The tenant's webhooks." },
);
