import Type from "typebox";
import { idPattern } from "./ids.ts";
import { timeSchema } from "./run.ts";

const portSchema = Type.Integer({ minimum: 1, maximum: 65_535, description: "The port that a program listens on." });

export const createPortRequestSchema = Type.Object(
  {
    port: portSchema,
    ttl_ms: Type.Optional(
      Type.Integer({
        minimum: 1000,
        maximum: 7 * 24 * 3_600_000,
        default: 3_600_000,
        description: "How long the token holds. It dies with its sandbox anyway.",
      }),
    ),
  },
  { title: "CreatePortRequest", additionalProperties: false, description: "A port to be reached from outside." },
);
export type CreatePortRequest = Type.Static<typeof createPortRequestSchema>;

export const portGrantSchema = Type.Object(
  {
    sandbox_id: Type.String({ pattern: idPattern("sandbox"), description: "The sandbox's id." }),
    port: portSchema,
    origin: Type.String({ maxLength: 512, description: "Where the port is reached, with the token as a header." }),
    url: Type.String({ maxLength: 1024, description: "The same for a browser, with the token in it." }),
    token: Type.String({ maxLength: 256, description: "Opens this port of this sandbox, and nothing else." }),
    expires_at: timeSchema,
  },
  { title: "PortGrant", additionalProperties: false, description: "The address of a port, and a token for it." },
);
export type PortGrant = Type.Static<typeof portGrantSchema>;
