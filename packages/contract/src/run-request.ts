import Type from "typebox";
import { isolationLevelSchema, runtimeNameSchema } from "./isolation.ts";
import { requestLimits, runLimits, sandboxLimits } from "./limits.ts";
import { mountsSchema } from "./mount.ts";

const choosable = { ...runLimits, ...sandboxLimits };

/** A quantity within the bounds of its row in the limits table. */
export function quantity(name: keyof typeof choosable, description: string) {
  const limit = choosable[name];
  const options = { minimum: limit.min, maximum: limit.max, default: limit.default, description };
  return limit.unit === "cores" ? Type.Number(options) : Type.Integer(options);
}

/** The same as a field that may be absent. */
export function bounded(name: keyof typeof choosable, description: string) {
  return Type.Optional(quantity(name, description));
}

/** Base64 in the standard alphabet with padding. Checked strictly when it is decoded. */
export function base64(maxBytes: number, description: string) {
  return Type.String({ maxLength: Math.ceil(maxBytes / 3) * 4, contentEncoding: "base64", description });
}

export const languageNames = ["python", "javascript", "typescript", "bash"] as const;
export type LanguageName = (typeof languageNames)[number];

export const inputFileSchema = Type.Object(
  {
    path: Type.String({
      minLength: 1,
      maxLength: requestLimits.path_bytes.value,
      description:
        "Relative to /workspace, or absolute below /workspace or /tmp. `..`, backslashes and control characters are refused.",
    }),
    content: Type.Optional(
      Type.String({
        maxLength: requestLimits.file_bytes_total.value,
        description: "The content as text; written as UTF-8.",
      }),
    ),
    content_base64: Type.Optional(
      base64(
        requestLimits.file_bytes_total.value,
        "The content as bytes. Exactly one of content and content_base64 is given.",
      ),
    ),
    mode: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 0o777,
        default: 0o644,
        description: "Permission bits as a number: 420 is 0644, 493 is 0755.",
      }),
    ),
  },
  {
    title: "InputFile",
    additionalProperties: false,
    description: "A file that is in the sandbox before the program starts.",
  },
);

export const labelsSchema = Type.Record(
  Type.String({ pattern: "^[a-z0-9]([a-z0-9._/-]{0,61}[a-z0-9])?$" }),
  Type.String({ maxLength: requestLimits.label_value_chars.value }),
  {
    additionalProperties: false,
    maxProperties: requestLimits.labels.value,
    description: "The caller's own names for finding the run again. Keys are lower-case, 1 to 63 of a-z 0-9 . _ / -.",
  },
);

export const environmentSchema = Type.Record(
  Type.String({ pattern: "^[A-Za-z_][A-Za-z0-9_]{0,127}$" }),
  Type.String({ maxLength: requestLimits.environment_bytes_total.value }),
  {
    additionalProperties: false,
    maxProperties: requestLimits.environment_items.value,
    description: "Added to PATH, HOME and LANG. Nothing of the gateway's environment reaches the guest.",
  },
);

export const runRequestSchema = Type.Object(
  {
    code: Type.Optional(
      Type.String({
        maxLength: requestLimits.code_bytes.value,
        description: "The program's text; needs `language`. It becomes a file in /workspace.",
      }),
    ),
    language: Type.Optional(Type.Enum([...languageNames] as const, { description: "How `code` is run." })),
    args: Type.Optional(
      Type.Array(Type.String({ maxLength: requestLimits.argv_bytes_total.value }), {
        maxItems: requestLimits.argv_items.value,
        description: "Arguments for the program in `code`.",
      }),
    ),
    argv: Type.Optional(
      Type.Array(Type.String({ maxLength: requestLimits.argv_bytes_total.value }), {
        minItems: 1,
        maxItems: requestLimits.argv_items.value,
        description:
          "A command line instead of `code` and `language`: the program and its arguments. There is no shell.",
      }),
    ),
    stdin: Type.Optional(
      Type.String({
        maxLength: requestLimits.stdin_bytes.value,
        description: "Text for standard input. Without it, reading answers end of file at once.",
      }),
    ),
    stdin_base64: Type.Optional(
      base64(requestLimits.stdin_bytes.value, "Bytes for standard input, instead of `stdin`."),
    ),
    files: Type.Optional(
      Type.Array(inputFileSchema, {
        maxItems: requestLimits.files.value,
        description: "Files that are there before the program starts.",
      }),
    ),
    environment: Type.Optional(environmentSchema),
    isolation_level: Type.Optional(isolationLevelSchema),
    secure_runtime: Type.Optional(runtimeNameSchema),
    runtime_preference: Type.Optional(runtimeNameSchema),
    cpu_limit: bounded("cpu_limit", "Cores of processor time; 0.5 is half a core."),
    memory_limit: bounded("memory_limit", "Bytes of memory for everything in the sandbox, its files included."),
    timeout: bounded("timeout", "Milliseconds of wall-clock time from the start of the program."),
    disk_limit_bytes: bounded(
      "disk_limit_bytes",
      "Bytes for files in /workspace, /tmp and /dev/shm together; at most half of the memory limit. The default is the smaller of 64 MiB and a quarter of the memory limit.",
    ),
    pids_limit: bounded("pids_limit", "Processes and threads at one time."),
    output_limit_bytes: bounded(
      "output_limit_bytes",
      "Bytes kept of each of stdout and stderr; what is beyond is dropped and counted.",
    ),
    on_output_limit: Type.Optional(
      Type.Enum(["drop", "kill"] as const, {
        default: "drop",
        description: "Whether more output than the limit is only dropped, or ends the run.",
      }),
    ),
    network: Type.Optional(
      Type.String({
        maxLength: 32,
        default: "none",
        description: "Only `none` is supported; anything else answers `unsupported`.",
      }),
    ),
    mounts: Type.Optional(mountsSchema),
    labels: Type.Optional(labelsSchema),
    detach: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          "Whether the run goes on when the waiting client goes away. A run that nobody waits for is always detached.",
      }),
    ),
    wait_ms: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: requestLimits.wait_ms.value,
        description:
          "How long the answer may take; afterwards it is 202 with the run's address, and the run goes on. 0 answers at once. Without it the answer comes when the run has ended.",
      }),
    ),
  },
  {
    title: "RunRequest",
    additionalProperties: false,
    description: "One run in a fresh sandbox: either `code` with `language`, or `argv`.",
  },
);
export type RunRequest = Type.Static<typeof runRequestSchema>;
export type InputFileRequest = Type.Static<typeof inputFileSchema>;
