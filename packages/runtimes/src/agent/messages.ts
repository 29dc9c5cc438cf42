import { Buffer } from "node:buffer";
import type {
  AgentHello,
  ExecSpec,
  ExecutionState,
  FileEntry,
  FileStat,
  ListeningPort,
  ListeningPorts,
  Orphans,
  WatchState,
} from "@hsr/core";
import { FieldReader, FieldWriter } from "./bytes.ts";
import { AgentError } from "./errors.ts";
import {
  bounds,
  featureBits,
  fileKinds,
  helloBit,
  idDefault,
  protocolVersion,
  rlimitNumbers,
  startFlag,
  stateBit,
} from "./wire.ts";

/** START's payload. Throws `E2BIG` or `EINVAL` on what the agent would refuse. */
export function encodeStart(spec: ExecSpec, credit: readonly [number, number]): Buffer {
  const entries = Object.entries(spec.env);
  if (spec.argv.length === 0 || !spec.argv[0]) throw new AgentError("EINVAL", "a program has a name", "request");
  if (!spec.cwd.startsWith("/")) throw new AgentError("EINVAL", "a program starts in an absolute folder", "request");
  if (spec.argv.length > bounds.argvMax || entries.length > bounds.envMax)
    throw new AgentError("E2BIG", "too many strings", "request");
  const flags =
    (spec.stdin === null || spec.terminal ? 0 : startFlag.STDIN) |
    (spec.terminal ? startFlag.PTY : 0) |
    (spec.reader === "background" ? startFlag.BACKGROUND : 0) |
    (spec.timeoutMs === undefined ? 0 : startFlag.TIMED);
  const fields = new FieldWriter()
    .u32(flags)
    .u32(spec.user?.uid ?? idDefault)
    .u32(spec.user?.gid ?? idDefault)
    .u32(spec.umask)
    .u16(spec.terminal?.rows ?? 0)
    .u16(spec.terminal?.cols ?? 0)
    .u64(credit[0])
    .u64(credit[1]);
  if (spec.timeoutMs !== undefined) fields.u64(Math.min(bounds.timeoutMaxMs, Math.max(1, Math.round(spec.timeoutMs))));
  const limits = { ...spec.rlimits, openFiles: spec.openFiles };
  const wishes = Object.entries(limits) as [keyof typeof rlimitNumbers, number][];
  fields.u8(wishes.length);
  for (const [name, value] of wishes) fields.u8(rlimitNumbers[name]).u64(value).u64(value);
  fields.u32(spec.argv.length).u32(entries.length).string(spec.cwd);
  for (const argument of spec.argv) fields.string(argument);
  for (const [name, value] of entries) {
    if (name === "" || name.includes("="))
      throw new AgentError("EINVAL", "an environment name has no = and is not empty", "request");
    fields.string(`${name}=${value}`);
  }
  return fields.finish();
}

/** HELLO's payload. */
export function decodeHello(body: Buffer): AgentHello {
  const fields = new FieldReader(body);
  const version = fields.u16();
  const least = fields.u16();
  const greatest = fields.u16();
  const state = fields.u16();
  const bits = fields.u64();
  const bootId = fields.take(16).toString("hex");
  const identity = fields.take(16).toString("hex");
  for (let i = 0; i < 6; i++) fields.u32();
  /* A newer agent may say more; what it says after this is not for this version. */
  if (version !== protocolVersion)
    throw AgentError.protocol(`version ${version} (${least} to ${greatest}) was not offered`);
  const features = Object.entries(featureBits).flatMap(([name, bit]) => (bits & bit ? [name] : []));
  return { version, bootId, identity, features, quiesced: (state & helloBit.QUIESCED) !== 0 };
}

/** Whether HELLO's payload names a feature. One that is too short to say names none. */
export function saysFeature(hello: Buffer, bit: number): boolean {
  return hello.length >= 12 && (hello.readUInt32LE(8) & bit) !== 0;
}

/** LIST's answer. */
export interface Listing {
  readonly executions: ExecutionState[];
  readonly orphans: Orphans;
  readonly watches: WatchState[];
}

export function decodeListing(body: FieldReader): Listing {
  const executions: ExecutionState[] = [];
  const count = body.u32();
  if (count > bounds.executionsMax) throw AgentError.protocol("more executions than there can be");
  for (let i = 0; i < count; i++) executions.push(decodeExecution(body));
  const total = body.u32();
  const listed = body.u32();
  if (listed > bounds.orphansMax) throw AgentError.protocol("more orphans than are listed");
  const processes: { pid: number; session: number }[] = [];
  for (let i = 0; i < listed; i++) processes.push({ pid: body.u32(), session: body.u32() });
  const watches: WatchState[] = [];
  const watched = body.u32();
  if (watched > bounds.watchesMax) throw AgentError.protocol("more watches than there can be");
  for (let i = 0; i < watched; i++) watches.push(decodeWatch(body));
  return { executions, orphans: { total, processes }, watches };
}

function decodeWatch(body: FieldReader): WatchState {
  const watchId = body.u32();
  const active = body.u8() === 0;
  const depth = body.u16();
  const [start, end] = [body.u64(), body.u64()];
  if (start > end || end - start > bounds.watchEventsMax) throw AgentError.protocol("a watch larger than its bound");
  return { watchId, active, depth, start, end, path: body.take(body.u16()) };
}

function decodeExecution(body: FieldReader): ExecutionState {
  const execId = body.u32();
  const pid = body.u32();
  const state = body.u8();
  const code = body.u8();
  const [stdout, stderr] = [decodeKept(body), decodeKept(body)];
  const stdinBytes = body.u64();
  const running = (state & stateBit.RUNNING) !== 0;
  const signaled = (state & stateBit.SIGNALED) !== 0;
  return {
    execId,
    pid,
    running,
    reader: state & stateBit.BACKGROUND ? "background" : "foreground",
    terminal: (state & stateBit.PTY) !== 0,
    timedOut: (state & stateBit.TIMED_OUT) !== 0,
    exitCode: running || signaled ? null : code,
    signal: !running && signaled ? code : null,
    stdout,
    stderr,
    stdinBytes,
  };
}

function decodeKept(body: FieldReader): { start: number; end: number; droppedBytes: number } {
  const kept = { start: body.u64(), end: body.u64(), droppedBytes: body.u64() };
  if (kept.start > kept.end || kept.end - kept.start > bounds.ringMax)
    throw AgentError.protocol("a ring larger than its bound");
  return kept;
}

function decodeKind(kind: number): FileStat["kind"] {
  return fileKinds[kind as keyof typeof fileKinds] ?? "other";
}

/** What FILE_STAT and FILE_STREAM tell of a file. */
export function decodeFacts(body: FieldReader): Omit<FileStat, "target"> {
  return {
    kind: decodeKind(body.u8()),
    mode: body.u32() & 0o7777,
    bytes: body.u64(),
    modifiedMs: body.i64(),
    uid: body.u32(),
    gid: body.u32(),
  };
}

/** FILE_STAT's answer. */
export function decodeStat(body: FieldReader): FileStat {
  const stat = decodeFacts(body);
  const target = body.take(body.u16());
  return { ...stat, target: stat.kind === "link" ? target : null };
}

/** PORTS' answer. */
export function decodePorts(body: FieldReader): ListeningPorts {
  const total = body.u32();
  const listed = body.u32();
  if (listed > bounds.portsMax) throw AgentError.protocol("more ports than are listed");
  const ports: ListeningPort[] = [];
  for (let i = 0; i < listed; i++) {
    const family = body.u8();
    if (family !== 4 && family !== 6) throw AgentError.protocol("a port of no family");
    const bytes = body.take(family === 4 ? 4 : 16);
    ports.push({ family, address: addressText(family, bytes), port: body.u16() });
  }
  return { total, ports };
}

/** IPv6 is written out in full: who compares it compares it with `::` and `::1` only. */
function addressText(family: 4 | 6, bytes: Buffer): string {
  if (family === 4) return bytes.join(".");
  const words = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16));
  const text = words.join(":");
  return text === "0:0:0:0:0:0:0:0" ? "::" : text === "0:0:0:0:0:0:0:1" ? "::1" : text;
}

/** One page of FILE_LIST's answer. */
export function decodeEntries(body: FieldReader, limit: number): { entries: FileEntry[]; more: boolean } {
  const more = body.u8() !== 0;
  const count = body.u32();
  if (count > limit) throw AgentError.protocol("more entries than were asked for");
  const entries: FileEntry[] = [];
  for (let i = 0; i < count; i++) {
    const head = { kind: decodeKind(body.u8()), mode: body.u32() & 0o7777, bytes: body.u64(), modifiedMs: body.i64() };
    entries.push({ path: body.take(body.u16()), ...head });
  }
  return { entries, more };
}
