/** What code does, in the words that rules are written in. An effect is a fact; whether it matters is for the rules to say. */
import type { RiskCapability } from "@hsr/contract";
import type { Disguise, Origins } from "./value.ts";

/** The kinds, each with the capability that it shows, or none. `docs/risk-rules.md` prints this table. */
export const effectKinds = {
  read: { capability: "file_read", means: "reads a file" },
  list: { capability: "file_read", means: "lists a folder" },
  write: { capability: "file_write", means: "writes, changes, moves or links a file" },
  delete: { capability: "delete", means: "deletes files or folders" },
  connect: { capability: "network", means: "opens a connection or looks up a name" },
  fetch: { capability: "network", means: "gets data from the network" },
  send: { capability: "network", means: "sends data over the network" },
  listen: { capability: "network", means: "waits for connections" },
  run: { capability: "process", means: "starts a program" },
  spawn: { capability: "process", means: "makes a process of its own" },
  signal: { capability: "process", means: "signals or ends a process" },
  processes: { capability: "process", means: "lists processes" },
  environment: { capability: "environment", means: "reads or changes environment variables" },
  native: { capability: "native_code", means: "loads, builds or runs machine code" },
  eval: { capability: "dynamic_code", means: "runs text as code" },
  import: { capability: "dynamic_code", means: "loads code by a computed name" },
  deserialize: { capability: "dynamic_code", means: "makes objects, and so runs code, from data" },
  persist: { capability: "persistence", means: "arranges that something runs later" },
  system: { capability: "system", means: "reads or changes the machine's state" },
  opaque: { capability: "unanalysable", means: "runs what cannot be read" },
  input: { capability: null, means: "takes input" },
  encode: { capability: null, means: "encodes data" },
} as const satisfies Record<string, { readonly capability: RiskCapability | null; readonly means: string }>;
export type EffectKind = keyof typeof effectKinds;

/** Where something stands. */
export interface Spot {
  /** The file in the sandbox; `null` for the command line. */
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  /** The line's text around it, cut short. */
  readonly evidence: string;
}

export interface Effect {
  readonly index: number;
  readonly kind: EffectKind;
  /** The path, address, program or name that it is done to; holes where it is not known; `null` where there is none. */
  readonly target: string | null;
  /** Finer facts: `recursive`, `append`, `upload`, `shell`, … */
  readonly tags: readonly string[];
  /** The effects that its data come from. */
  readonly from: Origins;
  /** What was called: a full name or a command. */
  readonly callee: string;
  /** How the target or the callee was hidden. */
  readonly disguise: Disguise;
  /** How many layers of text as code it stands in: 0 for the program itself. */
  readonly layer: number;
  /** What its data is, where that is a short known text. */
  readonly data: string | null;
  readonly place: Spot;
}
