/**
 * The bytes on the agent's stream: the twin of `native/agent/protocol.h`, described in `docs/agent-protocol.md`.
 * A test compares the three, so a name or number that changes here changes there.
 */
import { Buffer } from "node:buffer";

/** The version that this side speaks; the agent must offer it. */
export const protocolVersion = 1;

/** Begins an epoch. No byte of it is zero and its first byte occurs in it once: see `frame-writer.ts`. */
export const openMagic = Buffer.from("\xf8HSR-OPEN\xfe\xa7\xc3\x91\xe5\xb2\xd6", "latin1");
/** The agent's raw answer to an opening, before the epoch's id. */
export const echoMagic = Buffer.from("\xf9HSR-ECHO\xfd\x9b\xe8\x84\xd3\xc6\xa1", "latin1");

/** Sizes in bytes, and counts, that both sides keep to. */
export const bounds = {
  epochBytes: 16,
  headerBytes: 16,
  trailerBytes: 1,
  payloadMax: 65_536,
  messageMax: 262_144,
  ringMax: 262_144,
  stdinMax: 65_536,
  executionsMax: 64,
  transfersMax: 16,
  connectionsMax: 64,
  connectionWindow: 65_536,
  readingsMax: 16,
  writeWindow: 1_048_576,
  portsMax: 256,
  watchesMax: 16,
  watchEventsMax: 512,
  watchFoldersMax: 1024,
  watchPathBytes: 1024,
  argvMax: 4096,
  envMax: 4096,
  pathBytes: 4096,
  readMax: 65_536,
  listScanMax: 65_536,
  listDepthMax: 32,
  orphansMax: 256,
  rememberedMax: 64,
  rlimitsMax: 16,
  timeoutMaxMs: 2_592_000_000,
} as const;

/** Message types from the gateway. */
export const ask = {
  START: 1,
  FOLLOW: 2,
  WINDOW: 3,
  FORGET: 4,
  STDIN: 5,
  RESIZE: 6,
  SIGNAL: 7,
  LIST: 8,
  KILL_ORPHANS: 9,
  PING: 10,
  CANCEL: 11,
  QUIESCE: 12,
  RESUME: 13,
  CONNECT: 14,
  PORTS: 15,
  CHANNEL_SEND: 16,
  CHANNEL_CREDIT: 17,
  WATCH: 18,
  FOLLOW_WATCH: 19,
  FILE_WRITE: 20,
  FILE_READ: 21,
  FILE_STAT: 22,
  FILE_LIST: 23,
  FILE_MKDIR: 24,
  FILE_MOVE: 25,
  FILE_REMOVE: 26,
  FILE_CHMOD: 27,
  FILE_STREAM: 28,
  WATCH_CREDIT: 29,
  UNWATCH: 30,
  FILE_LINK: 31,
} as const;

/** Message types from the agent. */
export const tell = {
  HELLO: 64,
  STARTED: 65,
  FAILED: 66,
  OUTPUT: 67,
  EXIT: 68,
  STDIN_WINDOW: 69,
  FORGOTTEN: 70,
  RESULT: 71,
  ERROR: 72,
  CHANNEL_OPENED: 73,
  CHANNEL_DATA: 74,
  CHANNEL_WINDOW: 75,
  CHANNEL_CLOSED: 76,
  WATCHING: 77,
  WATCH_EVENTS: 78,
} as const;

/** Bits of a frame's flags byte; what a bit means depends on the message's type. */
export const flag = {
  MORE: 0x01,
  STDERR: 0x02,
  BEGIN: 0x02,
  END: 0x04,
  BACKGROUND: 0x08,
  SKIP_STDOUT: 0x10,
  SKIP_STDERR: 0x20,
} as const;

/** Bits of START's first field. */
export const startFlag = { STDIN: 0x01, PTY: 0x02, BACKGROUND: 0x04, TIMED: 0x08 } as const;

/** In START: the guest's own uid or gid. */
export const idDefault = 0xffff_ffff;

/** The stage at which a start failed, by number. */
export const startStages = {
  1: "request",
  2: "resources",
  3: "terminal",
  4: "limits",
  5: "identity",
  6: "folder",
  7: "program",
} as const;

/** Codes of ERROR. */
export const errorCode = { UNKNOWN_MESSAGE: 1, MALFORMED: 2, VERSION: 3, FRAMING: 4 } as const;

/** Whom SIGNAL reaches. */
export const signalScope = { process: 0, group: 1, session: 2 } as const;

/** Bits of an execution's state in LIST's result. */
export const stateBit = { RUNNING: 0x01, BACKGROUND: 0x02, PTY: 0x04, SIGNALED: 0x08, TIMED_OUT: 0x10 } as const;

/** Bits of EXIT. */
export const exitBit = { SIGNALED: 0x01, TIMED_OUT: 0x02 } as const;

/** Feature bits of HELLO, by the names that `AgentHello.features` uses. */
export const featureBits = {
  pty: 0x01,
  files: 0x02,
  orphans: 0x04,
  quiesce: 0x08,
  guest_id: 0x10,
  oom: 0x20,
  pid1: 0x40,
  ports: 0x80,
  streams: 0x100,
  skip: 0x200,
  watch: 0x400,
  timeout: 0x800,
} as const;

/** State bits of HELLO. */
export const helloBit = { QUIESCED: 0x01 } as const;

/** What RESUME did. */
export const resumedBit = { IDENTITY: 0x01, SEED: 0x02, CLOCK: 0x04 } as const;

/** Kinds of a file. */
export const fileKinds = { 1: "file", 2: "folder", 3: "link", 4: "other" } as const;

/** Families of the guest's own loopback. */
export const families = { 4: 4, 6: 6 } as const;

/** What happened to a file, by number. */
export const changeKinds = { 1: "created", 2: "modified", 3: "deleted", 4: "moved", 5: "overflow" } as const;

export const mkdirFlag = { PARENTS: 0x01 } as const;
export const removeFlag = { RECURSIVE: 0x01 } as const;

/** RLIMIT_* numbers of Linux on x86-64 and aarch64. */
export const rlimitNumbers = {
  cpu: 0,
  fileSize: 1,
  data: 2,
  stack: 3,
  core: 4,
  processes: 6,
  openFiles: 7,
  lockedMemory: 8,
  addressSpace: 9,
  pendingSignals: 11,
  messageQueues: 12,
  nice: 13,
  realtimePriority: 14,
} as const;
