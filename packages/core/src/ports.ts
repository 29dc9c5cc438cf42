/**
 * The ports of the core: everything that touches processes, files, sockets or clocks stands behind one of these.
 * This file is the manual. `packages/runtimes/src/suite` is this text, executable.
 */
import type { Duplex, Readable } from "node:stream";
import type {
  ExecSpec,
  ExecutionExit,
  IsolationLevel,
  LaunchSpec,
  LimitName,
  RuntimeName,
  SandboxEnd,
  SandboxId,
  SandboxMetrics,
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
  /**
   * A handle on a sandbox that an earlier gateway launched: one that lives, or one whose end is still remembered (its
   * `ended` has resolved). `null` if nothing is known of it. Rejects with `unavailable` when nobody can be asked.
   */
  adopt(id: SandboxId): Promise<Guest | null>;
  /**
   * Names what holds this runtime's sandboxes, anew each time that it starts: what lived under another name is gone.
   * `null` while it is not known.
   */
  readonly bootId: string | null;
  /**
   * Whether a sandbox of this id may have been launched under the present `bootId`, not before `sinceMs` (wall time).
   * False only if it is certain that it never was: then its program has not run.
   */
  mayHaveLaunched(id: SandboxId, sinceMs: number): Promise<boolean>;
  /** Destroys every sandbox of this runtime that is not in `known`. Idempotent. */
  sweep(known: ReadonlySet<SandboxId>): Promise<{ readonly destroyed: readonly SandboxId[] }>;
}

/** A folder of the host that the operator lets sandboxes have. */
export interface OfferedFolder {
  readonly name: string;
  readonly access: "ro" | "rw";
}

/** Space that outlives sandboxes. */
export interface VolumeInfo {
  readonly id: string;
  readonly bytes: number;
  readonly inodes: number;
}

/**
 * What sandboxes can be given of the host: folders of the operator's list, and volumes. A volume has one writer or many
 * readers at a time; a launch that would break this fails with `volume_in_use`. Volumes survive every restart.
 */
export interface Volumes {
  /** Folders that the operator offers now; a launch names them in `mounts`. */
  folders(): Promise<readonly OfferedFolder[]>;
  /** Whether this host can have volumes: it takes a launcher that root started, with a folder for them. */
  supported(): Promise<boolean>;
  /**
   * Makes an empty volume, with all of its space taken from the disk now. `id` is 1 to 63 of a-z, 0-9 and `-`. Both bounds
   * are enforced by the kernel: bytes to the block, inodes rounded up to the next 16 of each group of blocks. Rejects with
   * `unsupported`, `storage_full`, `volume_exists`, or `invalid_request` for bounds that cannot be.
   */
  create(id: string, quota: { readonly bytes: number; readonly inodes: number }): Promise<void>;
  /** Removes it with all that is in it. Rejects with `volume_in_use` while a sandbox has it, and with `not_found`. */
  remove(id: string): Promise<void>;
  /** This gateway's, in no order. */
  list(): Promise<readonly VolumeInfo[]>;
}

/** One living sandbox. */
export interface Guest {
  readonly id: SandboxId;
  /** Limits that this host could not enforce and that were not required. */
  readonly unenforced: readonly LimitName[];
  /** The agent's byte stream; each call gives a new stream and ends the previous one. The caller opens an epoch on it. */
  attach(): Promise<Duplex>;
  usage(): Promise<Usage>;
  /** What it uses at this moment and what it may use. Rejects with `not_found` once it is gone. */
  metrics(): Promise<SandboxMetrics>;
  /**
   * Gives it a new hard end, in ms from now: earlier or later than the old one. `gone` if the sandbox has ended or its
   * deadline has passed; of a renewal and an expiry at the same moment exactly one wins, and this says which.
   */
  renew(deadlineMs: number): Promise<"renewed" | "gone">;
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

/** A path in a sandbox, absolute and without NUL: text, or bytes where a name is not UTF-8. */
export type GuestPath = string | Uint8Array;

/** Opens an epoch on an agent's stream. The one implementation is `runtimes/src/agent`. */
export type OpenAgent = (stream: Duplex) => Agent;

/**
 * The agent at the other end of a stream, for one epoch. Calls are pipelined behind the opening: what is asked in one turn of
 * the event loop leaves in one write, and nothing waits for `ready`.
 *
 * Every promise here rejects with an `AgentError`: `code` is an errno's name (`ENOENT`, `EACCES`, `ENOSPC`, …) for what the
 * agent answered, `CLOSED` when the epoch ended first, `PROTOCOL` when the agent did what no honest agent does; the last
 * ends this epoch and nothing else. The agent belongs to the guest: what it says is a claim about its own sandbox only.
 */
export interface Agent {
  /** Resolves with the agent's hello; rejects if the stream ends or speaks nonsense first. Has no deadline of its own. */
  readonly ready: Promise<AgentHello>;
  /** Resolves when this epoch is over, with the cause if it was an error. Never rejects. */
  readonly closed: Promise<Error | null>;
  /** Executions that the agent knows: running ones, and ended ones that nobody has forgotten yet. */
  list(): Promise<readonly ExecutionState[]>;
  /** Processes in the sandbox that belong to no running execution: they escaped it by a session of their own. */
  orphans(): Promise<Orphans>;
  /** Signals these orphans, or all of them; resolves with how many. A process of an execution is never touched. */
  killOrphans(signal: number, pids?: readonly number[]): Promise<number>;
  /**
   * Starts a process. `execId` is chosen by the gateway; repeating it with the same id is harmless: the agent answers for
   * the execution that it has. At most 64 executions are known at once (`EAGAIN`), so ended ones want `forget()`.
   */
  start(execId: number, spec: ExecSpec): AgentExecution;
  /**
   * Follows a known execution from the given offsets, after a re-attach (`ESRCH` on `started` if the agent does not know it).
   * `stdinOffset` is `ExecutionState.stdinBytes`, for whoever goes on writing to stdin.
   */
  follow(
    execId: number,
    from: { readonly stdout: number; readonly stderr: number },
    options?: { readonly reader?: "foreground" | "background"; readonly stdinOffset?: number },
  ): AgentExecution;
  /**
   * Writes a whole file under a temporary name and renames it, so that nobody sees half of it; missing parents are made; a
   * link in its place is replaced, not followed. `mode` has no set-id bits.
   */
  writeFile(path: GuestPath, content: Uint8Array, mode: number): Promise<void>;
  /**
   * Reads at most `bytes` from `offset`; less at the end of the file. Regular files only: a FIFO, socket or device is
   * `EINVAL`, a folder `EISDIR`, files of /proc and /sys `EACCES`.
   */
  readFile(path: GuestPath, range: { readonly offset: number; readonly bytes: number }): Promise<Uint8Array>;
  /**
   * A file's facts and its bytes as they come, in constant memory on both sides: not reading stops the flow, destroying `bytes`
   * cancels it. A file that shrinks meanwhile ends early. Refuses what `readFile` refuses; at most 16 at once (`EAGAIN`).
   */
  readStream(path: GuestPath, range?: { readonly offset: number; readonly bytes: number }): Promise<FileReading>;
  /** Begins to write a file as `writeFile` does, in pieces; at most 16 at once (`EAGAIN`). What goes wrong is said by the next call. */
  openWrite(path: GuestPath, mode: number): FileWriting;
  /**
   * Tells of changes in a folder and, down to `depth` (1: its own entries, at most 32), in those below it; links are not followed.
   * `watchId` is chosen by the gateway; repeating it is harmless. A watch outlives epochs, gathers while nobody follows it, and is
   * in `watches()` until `stop()`. At most 16 watches (`EAGAIN`) of 1024 folders each (`ENOMEM`, or an `overflow` where later ones
   * are too many). `ENOTDIR` for a file; `EMFILE` or `ENOSPC` where the guest has used up what the kernel gives it for watching.
   */
  watch(watchId: number, path: string, depth: number): AgentWatch;
  /** Follows a known watch from the event with this number on, after a re-attach; `ESRCH` on `started` if the agent has none. */
  followWatch(watchId: number, from: number): AgentWatch;
  /** Watches that the agent has. */
  watches(): Promise<readonly WatchState[]>;
  /**
   * Connects to a server on this port of the sandbox's own loopback, 127.0.0.1 and then ::1; there is no way to say another
   * host. `ECONNREFUSED` if nobody listens, `ETIMEDOUT` after 5 s without an answer, `EAGAIN` for more than 64 at once. The stream
   * is half-open as TCP is, slows the other side down while it is not read, and dies with this epoch (`CLOSED`). Destroying it
   * resets the connection.
   */
  connect(port: number): Promise<Duplex>;
  /** TCP ports that somebody in the sandbox listens on. */
  ports(): Promise<ListeningPorts>;
  /** Facts of a file; of a link itself unless it is to be followed. */
  stat(path: GuestPath, links?: "follow" | "show"): Promise<FileStat>;
  /**
   * Entries below a folder, down to `depth` (1: its own, at most 32), links not followed, without the first `skip`. `more` if `limit`
   * cut them, or the 65,536 entries that one listing looks at.
   */
  listFolder(
    path: GuestPath,
    options: { readonly depth: number; readonly limit: number; readonly skip?: number },
  ): Promise<{ readonly entries: readonly FileEntry[]; readonly more: boolean }>;
  /** Makes a folder; with `make` (the default) its parents too, and one that is there already is fine. */
  makeFolder(path: GuestPath, mode: number, parents?: "make" | "require"): Promise<void>;
  /** Makes a symbolic link; where it leads is not looked at. `EEXIST` if there is something. */
  makeLink(path: GuestPath, target: Uint8Array): Promise<void>;
  /** Renames within one file system, replacing what a rename replaces. */
  move(from: GuestPath, to: GuestPath): Promise<void>;
  /** Removes a file, a link or an empty folder; with `tree` a folder and all in it, never through a link. */
  remove(path: GuestPath, what?: "one" | "tree"): Promise<void>;
  /** Changes permission bits (0o1777 at most: no set-id bits); follows links as chmod does. */
  chmod(path: GuestPath, mode: number): Promise<void>;
  /** Resolves when the agent has handled everything sent before. */
  ping(): Promise<void>;
  /**
   * Before a snapshot: resolves when the agent has let go of this epoch (and, with `release`, of its descriptor). It starts
   * and changes nothing until `resume`; output is kept. Ends this epoch.
   */
  quiesce(stream: "keep" | "release"): Promise<void>;
  /** After a snapshot or a copy of one: gives the guest its new identity (16 bytes), randomness (32 bytes) and wall time. */
  resume(identity: Uint8Array, seed: Uint8Array, wallMs: number): Promise<Resumed>;
  /** Ends this epoch. The agent and its executions go on. */
  close(): void;
}

export interface AgentHello {
  readonly version: number;
  /** Hex; another one after each boot and each `resume`. */
  readonly bootId: string;
  /** Hex; what the last `resume` gave, or zeroes. */
  readonly identity: string;
  readonly features: readonly string[];
  /** True between `quiesce` and `resume`. */
  readonly quiesced: boolean;
}

/** What `resume` could do: setting the clock, for one, takes a machine of its own. */
export interface Resumed {
  readonly bootId: string;
  readonly seed: boolean;
  readonly clock: boolean;
}

/** Bytes of one stream: [start, end) is in the agent's ring. */
export interface RingOutput {
  readonly start: number;
  readonly end: number;
  readonly droppedBytes: number;
}

export interface ExecutionState {
  readonly execId: number;
  readonly pid: number;
  readonly running: boolean;
  readonly reader: "foreground" | "background";
  readonly terminal: boolean;
  /** As in `ExecutionExit`. */
  readonly timedOut: boolean;
  /** Both null while it runs. */
  readonly exitCode: number | null;
  readonly signal: number | null;
  readonly stdout: RingOutput;
  readonly stderr: RingOutput;
  /** Bytes of standard input that the agent has taken. */
  readonly stdinBytes: number;
}

/** `processes` holds at most 256 of `total`. */
export interface Orphans {
  readonly total: number;
  readonly processes: readonly { readonly pid: number; readonly session: number }[];
}

export interface FileStat {
  readonly kind: "file" | "folder" | "link" | "other";
  /** Permission bits with set-id and sticky bits. */
  readonly mode: number;
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly uid: number;
  readonly gid: number;
  /** Of a link; bytes, since a guest need not speak UTF-8. */
  readonly target: Uint8Array | null;
}

/** A file on its way out of the sandbox. */
export interface FileReading {
  /** As it was when the file was opened. */
  readonly stat: FileStat;
  readonly bytes: Readable;
}

/** A file on its way into the sandbox: under a temporary name until `commit`, so nobody sees half of it. */
export interface FileWriting {
  /** Resolves when more may be written: waiting for it is the backpressure. The bytes must not change afterwards. */
  write(chunk: Uint8Array): Promise<void>;
  /** Resolves when the file is in its place, whole. */
  commit(): Promise<void>;
  /** Removes what was written. Harmless after the end, whichever it was; does not reject. */
  abort(): Promise<void>;
}

export interface ListeningPort {
  readonly family: 4 | 6;
  /** As in `127.0.0.1`, `0.0.0.0`, `::1`, `::`. */
  readonly address: string;
  readonly port: number;
}

/** `ports` holds at most 256 of `total`. */
export interface ListeningPorts {
  readonly total: number;
  readonly ports: readonly ListeningPort[];
}

export interface WatchState {
  readonly watchId: number;
  /** False once the watched folder itself was removed or moved. */
  readonly active: boolean;
  readonly depth: number;
  /** As it was asked for; bytes, as all paths from the guest's side are. */
  readonly path: Uint8Array;
  /** Events [start, end) are kept. */
  readonly start: number;
  readonly end: number;
}

/**
 * One change. Paths are relative to the watched folder; the empty one is the folder itself. Changes of one path within about
 * 30 ms are told once; what is found in a folder that has just appeared may be told twice.
 */
export interface WatchEvent {
  /** Counts up by one from event to event of a watch, over all epochs. */
  readonly sequence: number;
  /**
   * `overflow`: more happened below `path` than was told, so whoever needs the whole picture lists it again. `deleted` of the
   * empty path is the last event. A folder or file that leaves the watched tree is `deleted`, one that comes in is `created`.
   */
  readonly kind: "created" | "modified" | "deleted" | "moved" | "overflow";
  readonly path: Uint8Array;
  /** The new path of what was moved within the tree. */
  readonly to: Uint8Array | null;
  readonly folder: boolean;
}

export interface AgentWatch {
  readonly watchId: number;
  /** Resolves when the kernel watches, with the number of the next event. */
  readonly started: Promise<number>;
  /** Events in order, for one reader. Not reading makes the agent drop its oldest, which shows as an `overflow`. */
  readonly events: AsyncIterable<WatchEvent>;
  /** Ends the watch and `events`. Idempotent. */
  stop(): Promise<void>;
}

/** One entry of a listing. `path` is relative to the listed folder; bytes, since a guest need not speak UTF-8. */
export interface FileEntry {
  readonly path: Uint8Array;
  readonly kind: FileStat["kind"];
  readonly mode: number;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** One piece of output at its byte offset. `offset` jumps where the agent's ring dropped bytes. */
export interface OutputChunk {
  readonly stream: "stdout" | "stderr";
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface AgentExecution {
  readonly execId: number;
  /** Resolves when the program runs; rejects with an `AgentError` (ENOENT, EACCES, …, with its `stage`) when it could not be started. */
  readonly started: Promise<void>;
  /** Output in order per stream, for one reader. Not reading it stops the flow: credit is given as chunks are taken. */
  readonly output: AsyncIterable<OutputChunk>;
  /**
   * Resolves when the agent told the end, which follows the last byte of output: all of it is in `output` by then. So a
   * program whose output nobody takes does not end here either, once it wrote more than the window of 256 KiB.
   * Rejects if the epoch ends first or the program could not be started.
   */
  readonly exit: Promise<ExecutionExit>;
  /**
   * Tells the agent that bytes up to these offsets are safe here and may leave its ring. Without it a writer in the foreground
   * is blocked at 256 KiB. Cheap: many calls in one turn become one message.
   */
  acknowledge(upTo: { readonly stdout: number; readonly stderr: number }): void;
  /**
   * Nothing more of this stream is wanted but how much there is: its bytes are thrown away where they are written, and chunks
   * without bytes say where it stands. An agent that does not know how goes on sending them.
   */
  skip(stream: OutputChunk["stream"]): void;
  /** In the background a full ring drops its oldest bytes; in the foreground it blocks the writer. */
  setReader(reader: "foreground" | "background"): void;
  /** Lets the agent forget the execution and its exit record. One that still runs goes on, with its output thrown away. */
  forget(): void;
  /** `ESRCH` once the process has ended. A group is the process and what it started; a session also its job-control groups. */
  signal(signal: number, scope: "process" | "group" | "session"): Promise<void>;
  /** The terminal's size; `ENOTTY` where there is none. */
  resize(rows: number, cols: number): Promise<void>;
  /** Resolves when the agent has room for all of it: waiting for it is the backpressure. `EPIPE` when nobody reads. */
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
