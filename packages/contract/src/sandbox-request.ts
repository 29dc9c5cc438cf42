import Type from "typebox";
import { isolationLevelSchema, runtimeNameSchema } from "./isolation.ts";
import { mountsSchema } from "./mount.ts";
import { bounded, environmentSchema, labelsSchema, quantity } from "./run-request.ts";

/** A caller's own name for a sandbox: a DNS label, so that it can become part of a host name. */
export const sandboxNameSchema = Type.String({
  minLength: 1,
  maxLength: 63,
  pattern: "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
  description:
    "The caller's own name for it: lower-case letters, digits and dashes. One living sandbox of a tenant has it.",
});

/** What a sandbox may be asked to allow beyond what can be judged in advance. */
export const allowances = {
  opaque:
    "Programs that cannot be seen in advance: terminals, input typed into shells and interpreters, files that the guest wrote itself, and commands that are computed while they run.",
} as const;
export type Allowance = keyof typeof allowances;

export const allowSchema = Type.Array(
  Type.Enum(Object.keys(allowances) as Allowance[], { description: "Something that is allowed in the sandbox." }),
  {
    maxItems: Object.keys(allowances).length,
    uniqueItems: true,
    description: "What may happen in it that cannot be judged when it comes, so that it is judged now.",
  },
);

export const sandboxRequestSchema = Type.Object(
  {
    name: Type.Optional(sandboxNameSchema),
    labels: Type.Optional(labelsSchema),
    ttl_ms: bounded("ttl_ms", "Milliseconds that it lives at most, from now; it can be renewed."),
    idle_timeout_ms: bounded(
      "idle_timeout_ms",
      "Milliseconds after which it ends when no program runs in it and nobody calls it; 0 is never.",
    ),
    environment: Type.Optional(environmentSchema),
    allow: Type.Optional(allowSchema),
    isolation_level: Type.Optional(isolationLevelSchema),
    secure_runtime: Type.Optional(runtimeNameSchema),
    runtime_preference: Type.Optional(runtimeNameSchema),
    cpu_limit: bounded("cpu_limit", "Cores of processor time for everything in it; 0.5 is half a core."),
    memory_limit: bounded("memory_limit", "Bytes of memory for everything in the sandbox, its files included."),
    disk_limit_bytes: bounded(
      "disk_limit_bytes",
      "Bytes for files in /workspace, /tmp and /dev/shm together; at most half of the memory limit.",
    ),
    pids_limit: bounded("pids_limit", "Processes and threads at one time."),
    mounts: Type.Optional(mountsSchema),
    network: Type.Optional(
      Type.String({
        maxLength: 32,
        default: "none",
        description: "Only `none` is supported; anything else answers `unsupported`.",
      }),
    ),
    wait_ms: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 60_000,
        description:
          "How long the answer may take; afterwards it is 202 and the sandbox goes on starting. 0 answers at once. Without it the answer comes when the sandbox runs.",
      }),
    ),
  },
  {
    title: "SandboxRequest",
    additionalProperties: false,
    description: "A sandbox that lives until it is deleted, or its time is over.",
  },
);
export type SandboxRequest = Type.Static<typeof sandboxRequestSchema>;

export const renewRequestSchema = Type.Object(
  { ttl_ms: quantity("ttl_ms", "Milliseconds that it lives at most, from now.") },
  { title: "RenewRequest", additionalProperties: false, description: "A new time to live." },
);
export type RenewRequest = Type.Static<typeof renewRequestSchema>;
