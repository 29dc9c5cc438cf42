import Type from "typebox";
import { idPattern } from "./ids.ts";
import { nextCursor } from "./nullable.ts";
import { nullable, timeSchema } from "./run.ts";

/** What a key may do: a closed list, each with a sentence. */
export const scopes = {
  run: "Make runs and cancel them.",
  sandboxes: "Make sandboxes that live, and work in them.",
  read: "See runs, runtimes and their logs.",
  files: "Read and write files of sandboxes.",
  snapshots: "Make and use snapshots.",
  images: "Bring in and remove images.",
  "policy:read": "See the policy and try it.",
  "policy:write": "Change the policy.",
  approve: "Approve or deny what is held.",
  keys: "Make, list and revoke keys.",
  admin: "All of these, for every tenant.",
} as const;
export type Scope = keyof typeof scopes;

export const scopeSchema = Type.Enum(Object.keys(scopes) as Scope[], { description: "Something that a key may do." });
const nameSchema = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern: "^[^\\x00-\\x1f\\x7f]+$",
  description: "What the key is for, in the words of a person.",
});
export const tenantSchema = Type.String({
  pattern: "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
  maxLength: 63,
  description: "Whose key it is. Only a key with the scope `admin` may name another tenant than its own.",
});

export const createKeyRequestSchema = Type.Object(
  {
    name: nameSchema,
    scopes: Type.Array(scopeSchema, {
      minItems: 1,
      maxItems: 16,
      description: "What the key may do; no more than the key that makes it.",
    }),
    tenant: Type.Optional(tenantSchema),
    expires_in_ms: Type.Optional(
      Type.Integer({
        minimum: 1000,
        maximum: 315_360_000_000,
        description: "How long it is valid; without it, until it is revoked.",
      }),
    ),
  },
  { title: "CreateKeyRequest", additionalProperties: false, description: "A new key." },
);
export type CreateKeyRequest = Type.Static<typeof createKeyRequestSchema>;

const keyFields = {
  id: Type.String({ pattern: idPattern("key"), description: "Names the key; it is not the key." }),
  name: nameSchema,
  tenant: tenantSchema,
  scopes: Type.Array(scopeSchema, { maxItems: 16, description: "What the key may do." }),
  created_at: timeSchema,
  expires_at: nullable(timeSchema, "When it stops being valid; null if never."),
  last_used_at: nullable(timeSchema, "When it was last used, to the minute; null if never."),
  revoked_at: nullable(timeSchema, "When it was revoked; null if it was not."),
};

export const keyInfoSchema = Type.Object(keyFields, {
  title: "KeyInfo",
  additionalProperties: false,
  description: "A key without its secret.",
});
export type KeyInfo = Type.Static<typeof keyInfoSchema>;

export const createdKeySchema = Type.Object(
  {
    ...keyFields,
    key: Type.String({ maxLength: 128, description: "The key itself. It is shown once and stored only as a hash." }),
  },
  { title: "CreatedKey", additionalProperties: false, description: "A new key with its secret." },
);
export type CreatedKey = Type.Static<typeof createdKeySchema>;

export const keyListSchema = Type.Object(
  {
    items: Type.Array(keyInfoSchema, { description: "Newest first." }),
    next_cursor: nextCursor,
  },
  { title: "KeyList", additionalProperties: false, description: "A page of keys." },
);
export type KeyList = Type.Static<typeof keyListSchema>;
