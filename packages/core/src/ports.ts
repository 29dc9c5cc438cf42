/**
 * The ports of the core: everything that touches processes, files, sockets or clocks stands behind one of these.
 * This file is the manual. `packages/runtimes/src/suite` is this text, executable.
 */
import type { Duplex } from "node:stream";
import type {
  ExecSpec,
  ExecutionExit,
  IsolationLevel,
  LaunchSpec,
  LimitName,
  RuntimeName,
  SandboxEnd,
  SandboxId,
  Usage,
} from "./types.ts";

/** A runtime's abilities as data. Nothing outside a runtime's folder branches on its name. */
export interface Capabilities {
  /** Levels offered, weakest first. */
  readonly levels: readonly IsolationLevel[];
  readonly roots: readonly ("host" | "image")[];
  readonly networkModes: readonly "none"[];
  /** `range`: many ids in the sandbox, the agent's differs from the guest's. `single`: one id for all. */
  readonly users: "range" | "single";
  /** Limits that this runtime enforces on this host; found by the probe, never assumed. */
  readonly enforces: readonly LimitName[];
  readonly scratchBackings: readonly ("memory" | "disk")[];
  readonly pause: boolean;
  readonly snapshotKinds: readonly ("memory" | "files")[];
  readonly gpu: boolean;
  readonly ipv6: boolean;
  readonly architectures: readonly ("x86_64" | "aarch64")[];
}

/** The outcome of really running something in the sandbox, with a deadline. */
export type ProbeReport =
  | { readonly available: true; readonly version: string; readonly tookMs: number; readonly notes: readonly string[] }
  | {
      readonly available: false;
      /** What is missing, in a sentence. */
      readonly reason: string;
      /** The command or setting that would make it available. */
      readonly hint: string;
      readonly notes: readonly string[];
    };

/** A way to isolate. Stateless but for what it needs to reach its launcher. */
export interface Runtime {
  readonly name: RuntimeName;
  /** Valid after the first `probe()`; before that it is the static minimum. */
  readonly capabilities: Capabilities;
  /** Can this host run it? Runs something and looks. May be called any number of times, concurrently. */
  probe(): Promise<ProbeReport>;
  /**
   * Starts a sandbox with the agent in it. Resolves when the agent can be talked to. Rejects with an `HsrError`
   * (`unavailable`, `exhausted`, `internal`); after a rejection nothing of the sandbox remains.
   */
  launch(spec: LaunchSpec): Promise<Guest>;
  /** Sandboxes of this runtime that live now, for instance after a restart of the gateway. */
  list(): Promise<readonly SandboxId[]>;
  /** A handle on a living sandbox that an earlier gateway launched. `null` if it is gone. */
  adopt(id: SandboxId): Promise<Guest | null>;
  /** Destroys every sandbox of this runtime that is not in `known`. Idempotent. */
  sweep(known: ReadonlySet<SandboxId>): Promise<{ readonly destroyed: readonly SandboxId[] }>;
}

/** One living sandbox. */
export interface Guest {
  readonly id: SandboxId;
  /** Limits that this host could not enforce and that were not required. */
  readonly unenforced: readonly LimitName[];
  /** The agent's byte stream; each call gives a new stream and ends the previous one. The caller opens an epoch on it. */
  attach(): Promise<Duplex>;
  usage(): Promise<Usage>;
  /**
   * Resolves once, when the sandbox is gone for whatever reason, with what was seen from outside. Never rejects:
   * a launcher that vanished gives `lost`.
   */
  readonly ended: Promise<{ readonly end: SandboxEnd; readonly usage: Usage; readonly detail?: string }>;
  /**
   * Kills everything in the sandbox and resolves with the final usage as soon as everything is dead.
   * Idempotent. When `ended` has resolved no process, mount, cgroup or file of the sandbox remains.
   */
  destroy(): Promise<Usage>;
}

/** Opens an epoch on an agent's stream. The one implementation is `runtimes/src/agent`. */
export type OpenAgent = (stream: Duplex) => Agent;

/** The agent at the other end of a stream. Calls before its hello are pipelined behind the opening. */
export interface Agent {
  /** Resolves with the agent's hello; rejects if the stream ends or speaks nonsense first. */
  readonly ready: Promise<AgentHello>;
  /** Resolves when this epoch is over, with the cause if it was an error. Never rejects. */
  readonly closed: Promise<Error | null>;
  /** Executions that the agent knows: running ones, and ended ones that nobody acknowledged. */
  list(): Promise<readonly ExecutionState[]>;
  /** Starts a process. `execId` is chosen by the gateway; repeating it with the same id is harmless. */
  start(execId: number, spec: ExecSpec): AgentExecution;
  /** Follows a known execution from the given offsets, after a re-attach. */
  follow(execId: number, from: { readonly stdout: number; readonly stderr: number }): AgentExecution;
  /** Writes a whole file atomically; parents are made. Rejects with an `AgentError` that carries the errno's name. */
  writeFile(path: string, content: Uint8Array, mode: number): Promise<void>;
  /** Ends this epoch. The agent and its executions go on. */
  close(): void;
}

export interface AgentHello {
  readonly version: number;
  readonly bootId: string;
  readonly features: readonly string[];
}

export interface ExecutionState {
  readonly execId: number;
  readonly running: boolean;
  readonly stdout: { readonly start: number; readonly end: number };
  readonly stderr: { readonly start: number; readonly end: number };
}

/** One piece of output at its byte offset. `offset` jumps where the agent's ring dropped bytes. */
export interface OutputChunk {
  readonly stream: "stdout" | "stderr";
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface AgentExecution {
  readonly execId: number;
  /** Resolves when the program runs; rejects with an `AgentError` (ENOENT, EACCES, …) when it could not be started. */
  readonly started: Promise<void>;
  /** Output in order. Not reading it stops the flow: credit is given as chunks are taken. */
  readonly output: AsyncIterable<OutputChunk>;
  /** Resolves after the last output byte was delivered; rejects if the epoch ends first. */
  readonly exit: Promise<ExecutionExit>;
  /** Tells the agent that bytes up to these offsets are safe here and may leave its ring. */
  acknowledge(upTo: { readonly stdout: number; readonly stderr: number }): void;
  /** Lets the agent forget the execution and its exit record. */
  forget(): void;
  signal(signal: number, scope: "process" | "group"): Promise<void>;
  writeStdin(bytes: Uint8Array): Promise<void>;
  endStdin(): void;
}

/** Time, passed in so that decisions can be replayed. */
export interface Clock {
  /** Wall time in ms since the epoch, for storing. */
  now(): number;
  /** Monotonic ms, for deadlines. */
  monotonic(): number;
}
