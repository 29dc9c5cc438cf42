import Type from "typebox";

export const healthSchema = Type.Object(
  {
    status: Type.Literal("ok", { description: "The process answers." }),
    version: Type.String({ maxLength: 64, description: "The gateway's version." }),
  },
  { title: "Health", additionalProperties: false, description: "The gateway is alive." },
);
export type Health = Type.Static<typeof healthSchema>;

export const readinessSchema = Type.Object(
  {
    ready: Type.Boolean({ description: "Whether a run would be accepted now." }),
    checks: Type.Array(
      Type.Object(
        {
          name: Type.String({ maxLength: 64, description: "What was looked at." }),
          ok: Type.Boolean({ description: "Whether it is as it should be." }),
          message: Type.String({ maxLength: 1024, description: "What was seen." }),
        },
        { additionalProperties: false },
      ),
      { maxItems: 32, description: "What readiness depends on." },
    ),
  },
  { title: "Readiness", additionalProperties: false, description: "Whether the gateway can take runs." },
);
export type Readiness = Type.Static<typeof readinessSchema>;
