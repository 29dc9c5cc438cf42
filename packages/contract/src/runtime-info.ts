import Type from "typebox";
import { isolationLevelSchema, runtimeNameSchema } from "./isolation.ts";
import { limitNames, nullable } from "./run.ts";

export const capabilitiesSchema = Type.Object(
  {
    levels: Type.Array(isolationLevelSchema, { maxItems: 4, description: "Levels offered, weakest first." }),
    roots: Type.Array(Type.Enum(["host", "image"] as const), {
      maxItems: 2,
      description: "Where a sandbox's read-only root may come from.",
    }),
    network_modes: Type.Array(Type.Enum(["none"] as const), { maxItems: 8, description: "What a guest may reach." }),
    users: Type.Enum(["range", "single"] as const, { description: "Whether a sandbox has many user ids, or one." }),
    enforces: Type.Array(Type.Enum([...limitNames] as const), {
      maxItems: 16,
      description: "Limits that it enforces on this host.",
    }),
    scratch_backings: Type.Array(Type.Enum(["memory", "disk"] as const), {
      maxItems: 2,
      description: "Where a guest's files are kept.",
    }),
    pause: Type.Boolean({ description: "Whether a sandbox can be paused." }),
    snapshot_kinds: Type.Array(Type.Enum(["memory", "files"] as const), {
      maxItems: 2,
      description: "What a snapshot can hold.",
    }),
    gpu: Type.Boolean({ description: "Whether a guest can have a graphics processor." }),
    ipv6: Type.Boolean({ description: "Whether a guest's network has IPv6." }),
    architectures: Type.Array(Type.Enum(["x86_64", "aarch64"] as const), {
      maxItems: 2,
      description: "Processors that a guest may be built for.",
    }),
  },
  { title: "Capabilities", additionalProperties: false, description: "A runtime's abilities as data." },
);
export type CapabilitiesBody = Type.Static<typeof capabilitiesSchema>;

export const runtimeInfoSchema = Type.Object(
  {
    name: runtimeNameSchema,
    available: Type.Boolean({ description: "Whether something was really run in it on this host." }),
    version: nullable(Type.String({ maxLength: 256 }), "The version that was found; null if it is not available."),
    reason: nullable(Type.String({ maxLength: 4096 }), "What is missing; null if it is available."),
    hint: nullable(Type.String({ maxLength: 4096 }), "The command or setting that would make it available."),
    notes: Type.Array(Type.String({ maxLength: 1024 }), { maxItems: 64, description: "What else the probe saw." }),
    probe_ms: nullable(Type.Number({ minimum: 0 }), "How long the probe's sandbox took from start to end."),
    capabilities: capabilitiesSchema,
  },
  {
    title: "RuntimeInfo",
    additionalProperties: false,
    description: "A way to isolate, and whether this host can do it.",
  },
);
export type RuntimeInfo = Type.Static<typeof runtimeInfoSchema>;

export const runtimeListSchema = Type.Object(
  {
    items: Type.Array(runtimeInfoSchema, {
      maxItems: 64,
      description: "All that this gateway knows, available or not.",
    }),
    next_cursor: Type.Null({ description: "There is one page." }),
  },
  { title: "RuntimeList", additionalProperties: false, description: "The runtimes of this host." },
);
export type RuntimeList = Type.Static<typeof runtimeListSchema>;
