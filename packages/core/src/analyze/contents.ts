/**
 * Bytes that came with a request, read as what they are: text in its language, machine code by what it imports, archives by their
 * members; and several of these at once, where a file is made so that different programs see different things in it.
 */
import type { LanguageName } from "@hsr/contract";
import type { AnalyzeInput } from "./analyze.ts";
import { Allowance, openArchive } from "./archive/open.ts";
import { type Form, layersOf } from "./binary.ts";
import type { EffectKind, Spot } from "./effects.ts";
import { plainPath } from "./paths.ts";
import type { Session } from "./session.ts";
import { disguiseIn, textOf } from "./text.ts";

/** Facts about the reading itself. */
export interface Remark {
  readonly what:
    | "language-mismatch"
    | "unparseable"
    | "oversize"
    | "too-complex"
    | "binary"
    | "unknown-language"
    | "made-names"
    | "packed"
    | "archive"
    | "polyglot"
    | "encoding"
    | "hidden-characters";
  readonly place: Spot;
  readonly evidence: string;
}

export function remark(what: Remark["what"], file: string | null, evidence: string): Remark {
  return { what, place: { file, line: null, column: null, evidence }, evidence };
}

/** A file of the request, or a member of an archive among them. */
export interface GivenFile {
  readonly path: string;
  readonly content: Uint8Array;
  readonly mode: number;
  readonly isMember: boolean;
}

/**
 * All files with the members of archives. Members also stand where they would lie if they were unpacked, so that a program that
 * unpacks and runs one is followed.
 */
export function gather(
  input: Pick<AnalyzeInput, "files" | "program">,
  remarks: Remark[],
): { readonly all: readonly GivenFile[]; readonly byPath: Map<string, Uint8Array> } {
  const left = new Allowance();
  const all: GivenFile[] = [];
  const byPath = new Map<string, Uint8Array>();
  const members: { readonly path: string; readonly content: Uint8Array }[] = [];
  const open = (path: string, content: Uint8Array, kind: string) => {
    const opened = openArchive(path, content, kind, left);
    for (const { path: name, unpacked, content: bytes, mode } of opened.members) {
      all.push({ path: name, content: bytes, mode, isMember: true });
      members.push({ path: plainPath(unpacked), content: bytes });
    }
    if (opened.missed !== null) remarks.push(remark("archive", path, opened.missed));
  };
  const look = (path: string, content: Uint8Array) => {
    const { form, isZipped } = layersOf(content);
    if (form.kind === "archive") open(path, content, form.what);
    else if (isZipped) {
      remarks.push(remark("polyglot", path, `${form.kind} with a zip at its end`));
      open(path, content, "zip");
    }
  };
  for (const file of input.files) {
    const path = plainPath(file.path);
    byPath.set(path, file.content);
    all.push({ path, content: file.content, mode: file.mode, isMember: false });
    look(path, file.content);
  }
  if (input.program.kind === "code") look("/workspace/main", input.program.code);
  for (const { path, content } of members) if (!byPath.has(path)) byPath.set(path, content);
  return { all, byPath };
}

/** The text of bytes that may be run, with remarks about what it is beside that; `null` where they hold none. */
export function codeIn(
  session: Session,
  bytes: Uint8Array,
  path: string,
  language: LanguageName | null,
  remarks: Remark[],
): string | null {
  const { form, textBytes } = layersOf(bytes);
  if (form.kind === "data" && textBytes === 0) {
    session.unknownLang = true;
    remarks.push(remark("unknown-language", path, form.kind));
  } else if (form.kind !== "text" && form.kind !== "archive" && form.kind !== "data")
    noteMachineCode(session, form, path, remarks);
  if (textBytes === 0) return null;
  if (form.kind !== "text" && textBytes < bytes.length)
    remarks.push(remark("polyglot", path, `${textBytes} bytes of text, then something else`));
  else if (form.kind !== "text") remarks.push(remark("encoding", path, "bytes that no text has, among it"));
  const { text, encoding } = textOf(bytes.subarray(0, textBytes), language === "python");
  if (encoding !== "utf-8") remarks.push(remark("encoding", path, encoding));
  const hidden = disguiseIn(text);
  if (hidden !== null) {
    const before = text.slice(0, hidden.at).split("\n");
    const place = { file: path, line: before.length, column: (before.at(-1) ?? "").length + 1, evidence: hidden.what };
    remarks.push({ what: "hidden-characters", place, evidence: hidden.what });
  }
  return text;
}

/** What the imports of a WebAssembly module show, by their names in WASI and its successors. */
const wasmImports: readonly (readonly [RegExp, readonly EffectKind[]])[] = [
  [/(^|\.)(path_open|fd_pread|path_filestat_get|open-at)$/, ["read"]],
  [
    /(^|\.)(path_open|fd_pwrite|fd_allocate|path_(create_directory|rename|link|symlink|filestat_set_times)|fd_filestat_set_size)$/,
    ["write"],
  ],
  [/(^|\.)(fd_readdir|read-directory)$/, ["list"]],
  [/(^|\.)(path_(unlink_file|remove_directory)|unlink-file-at|remove-directory-at)$/, ["delete"]],
  [
    /(^|\.)(sock_(connect|open|send|send_to|recv|recv_from|shutdown)|start-connect|resolve-addresses|outgoing-handler.*)$/,
    ["connect"],
  ],
  [/(^|\.)(sock_(accept|accept_v2|bind|listen)|start-listen|start-bind)$/, ["listen"]],
  [/(^|\.)(environ_get|get-environment)$/, ["environment"]],
  [/(^|\.)(proc_(spawn\d?|exec\d?|fork)|thread-spawn|thread_spawn)$/, ["spawn"]],
  [/(^|\.)(proc_(raise|signal))$/, ["signal"]],
];

export function noteMachineCode(session: Session, form: Form, path: string, remarks: Remark[]): void {
  session.binary = true;
  const imports = form.kind === "wasm" ? form.imports : [];
  const place: Spot = { file: path, line: null, column: null, evidence: imports.slice(0, 6).join(", ") || form.kind };
  for (const name of imports)
    for (const [pattern, kinds] of wasmImports)
      if (pattern.test(name)) for (const kind of kinds) session.add({ kind, tags: ["wasm"], callee: name }, place, 0);
  remarks.push(
    remark("binary", path, form.kind === "wasm" ? `wasm importing ${imports.slice(0, 6).join(", ")}` : form.kind),
  );
}
