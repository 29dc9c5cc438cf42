/** Calls of Python that a table cannot say: what they do depends on their arguments. */
import type { Fold, OutsideCall } from "../evaluate/call.ts";
import { Names } from "../names.ts";
import { originsOfCode } from "../self-made.ts";
import { modeTags } from "../shell/file-tools.ts";
import {
  alternatives,
  asText,
  constantValue,
  disguiseOf,
  hole,
  instanceValue,
  isWhole,
  joinOrigins,
  listValue,
  noOrigins,
  originsOf,
  refValue,
  textValue,
  unknown,
  unknownFrom,
  type Value,
} from "../value.ts";
import { numpyLoad, reduced, ruamel, yamlLoad } from "./python-objects.ts";

const isUrl = (text: string): boolean => /^(https?|ftps?|s3|gs):\/\//i.test(text);

/** `open` and what opens like it. */
const open: Fold = (call) => {
  const path = call.args.at(0, "file", "filename", "path");
  const mode = call.args.get(1, "mode");
  return opened(call, path, mode === null ? "r" : asText(mode));
};

function opened(call: OutsideCall, path: Value, mode: string): Value {
  const from = originsOf(path);
  const indexes: number[] = [];
  const reads = !/[wax]/.test(mode) || mode.includes("+") || mode.includes(hole);
  for (const each of alternatives(path)) {
    const target = asText(each);
    const disguise = disguiseOf(each);
    if (each.k === "instance" && each.type.startsWith("file")) return each;
    if (reads) indexes.push(call.emit({ kind: "read", target, from, disguise }));
    // What is written is told with each write; that the file is made is told here.
    if (/[wax+]/.test(mode))
      call.emit({ kind: "write", target, from, tags: mode.includes("a") ? ["append", "open"] : ["open"], disguise });
  }
  return instanceValue("file", joinOrigins(indexes, from), [
    ["path", path],
    ["mode", textValue(mode)],
  ]);
}

/** `os.open` with flags. */
const openFlags: Fold = (call) => {
  const path = call.args.at(0, "path");
  const flags = call.args.at(1, "flags");
  const writes = flags.k !== "ref" || !/O_RDONLY/.test(flags.name);
  const index = call.emit({ kind: "read", target: asText(path), from: originsOf(path) });
  if (writes) call.emit({ kind: "write", target: asText(path), from: originsOf(path), tags: ["open"] });
  return instanceValue("file", [index], [["path", path]]);
};

const write: Fold = (call) => {
  const { self } = call;
  if (self?.k !== "instance") return null;
  const path = self.fields.get("path") ?? unknown;
  const content = call.args.at(0);
  const tags = asText(self.fields.get("mode") ?? textValue("w")).includes("a") ? ["append"] : [];
  writeTo(call, path, content, tags);
  return unknown;
};

/** Writes content to a path, for whoever reads or runs it later. */
export function writeTo(call: OutsideCall, path: Value, content: Value, tags: readonly string[]): void {
  const known =
    content.k === "list" && content.items.length > 0 && content.items.every((each) => each.k === "text")
      ? textValue(content.items.map(asText).join(""))
      : content;
  for (const each of alternatives(path)) {
    const index = call.emit({
      kind: "write",
      target: asText(each),
      tags,
      from: originsOf(content),
      data: known.k === "text" ? known.text.slice(0, 400) : null,
    });
    call.wrote(asText(each), known, index);
  }
}

const readFile: Fold = (call) => {
  const { self } = call;
  if (self?.k !== "instance") return null;
  const path = asText(self.fields.get("path") ?? unknown);
  const index = self.from.find((each) => each >= 0);
  return index === undefined ? unknownFrom(originsOf(self)) : call.reading(path, index);
};

/** Programs that are started: a text for a shell, or a list of words. */
const run: Fold = (call) => {
  const command = call.args.at(0, "args", "command", "cmd");
  const shell = call.args.get(99, "shell");
  const usesShell =
    shell !== null && !(shell.k === "constant" && shell.value !== true) && !(shell.k === "number" && shell.n === 0);
  const input = call.args.get(99, "input");
  noteEnvironment(call);
  const folder = call.args.get(99, "cwd");
  if (folder === null) return started(call, command, usesShell, input);
  const before = call.enter(asText(folder));
  const process = started(call, command, usesShell, input);
  call.enter(before);
  return process;
};

/** Handing on variables of the own environment reads it. */
function noteEnvironment(call: OutsideCall): void {
  const env = call.args.get(99, "env");
  if (env?.k === "dict")
    for (const [name, value] of env.entries)
      call.emit({ kind: "environment", target: name, tags: ["write"], data: asText(value) });
  if (env?.k === "ref" && env.name === "os.environ")
    call.emit({ kind: "environment", target: null, tags: ["read", "all"] });
}

export function started(call: OutsideCall, command: Value, usesShell: boolean, input: Value | null): Value {
  const outputs: Value[] = [];
  if (call.endless && command.k === "list" && command.items.some((each) => asText(each) === "/workspace/main.py"))
    call.emit({ kind: "spawn", tags: ["bomb"] });
  for (const each of alternatives(command)) {
    const from = originsOf(each);
    // The interpreter that runs the program is Python by whatever path.
    const [program, ...more] = each.k === "list" ? each.items : [];
    if (each.k === "list" && program?.k === "ref" && program.name === "sys.executable")
      outputs.push(call.command([textValue("python3"), ...more], input));
    else if (each.k === "list")
      outputs.push(call.command(each.open ? [...each.items, unknownFrom(each.from)] : each.items, input));
    else if (usesShell) outputs.push(shellText(call, each));
    else if (each.k === "text" && !/\s/.test(each.text)) outputs.push(call.command([each], input));
    else {
      call.emit({ kind: "run", target: asText(each), from, tags: ["unknown"] });
      if (!isWhole(asText(each)) || each.k === "unknown") call.emit({ kind: "opaque", from });
      // Without a shell a text with blanks is split by nobody, but by some wrapper around it.
      if (each.k === "text")
        outputs.push(
          call.command(
            each.text.split(/\s+/).map((word) => textValue(word, from)),
            input,
          ),
        );
    }
  }
  let from = noOrigins;
  for (const each of outputs) from = joinOrigins(from, originsOf(each));
  const fields: [string, Value][] = ["stdout", "stderr"].map((name) => [name, instanceValue("process.stream", from)]);
  return instanceValue("subprocess.Popen", from, [
    ...fields,
    ["stdin", instanceValue("process.stdin", joinOrigins(from, originsOf(command)), [["command", command]])],
    ["command", command],
  ]);
}

/** A text that a shell runs. */
export function shellText(call: OutsideCall, text: Value): Value {
  const code = asText(text);
  const from = originsOfCode(text);
  const isKnown = isWhole(code) && text.k === "text";
  call.emit({
    kind: "run",
    target: "sh",
    tags: isKnown ? ["shell"] : ["shell", "unknown"],
    from,
    disguise: disguiseOf(text),
    data: code.slice(0, 400),
  });
  if (code === hole || code.startsWith(hole) || text.k !== "text") {
    call.emit({ kind: "opaque", from });
    if (code === hole) return unknownFrom(from);
  }
  return call.shellText(code, from);
}

const system: Fold = (call) => {
  const command = call.args.at(0, "command", "cmd");
  const outputs = alternatives(command).map((each) => shellText(call, each));
  let from = noOrigins;
  for (const each of outputs) from = joinOrigins(from, originsOf(each));
  return /popen/.test(call.name) ? instanceValue("process.stream", from) : unknownFrom(from);
};

/** `os.execvp(file, args)`, `os.spawnl(mode, file, …)`. */
const exec: Fold = (call) => {
  const isSpawn = call.name.includes("spawn") && call.name.startsWith("os.spawn");
  const values = call.args.values.slice(isSpawn ? 1 : 0);
  const [file, second, ...more] = values;
  if (file === undefined) return unknown;
  const isList = /(v|vp|ve|vpe)$/.test(call.name) || call.name === "pty.spawn";
  const words = second?.k === "list" ? second.items.slice(1) : isList ? [unknown] : more;
  if (call.name === "pty.spawn") call.emit({ kind: "spawn", tags: ["terminal"] });
  if (file.k === "list") call.command(file.items, null);
  else call.command([file, ...words], null);
  return unknown;
};

/** Text or a code object that is run. */
const evaluate: Fold = (call) => {
  const code = call.args.at(0);
  return evaluated(call, code);
};

/** The text of a code object, or of bytes that are kept as numbers. */
function sourceOf(call: OutsideCall, of: Value): Value {
  if (of.k === "instance" && of.type === "code.object")
    return sourceOf(call, of.fields.get("source") ?? unknownFrom(of.from));
  if (of.k === "list" && !of.open && of.items.length > 0 && of.items.every((each) => each.k === "number"))
    return call.call(refValue("bytes"), [of]);
  return of;
}

/** Names of functions that make objects of text. */
const revivers =
  /(de|un)_?seriali[sz]|unpickle|unmarshal|rehydrate|^hydrate|revive|(load|restore|parse|decode)_?(object|obj|instance)$/i;

export function evaluated(call: OutsideCall, code: Value): Value {
  const results = alternatives(code).map((each): Value => {
    const inner = sourceOf(call, each);
    const text = asText(inner);
    const from = originsOfCode(inner);
    const isKnown = inner.k === "text" && isWhole(text);
    call.emit({
      kind: "eval",
      target: text.slice(0, 400),
      from,
      tags: [isKnown ? "known" : "unknown", ...(revivers.test(call.inside ?? "") ? ["revives"] : [])],
      disguise: disguiseOf(inner).filter((one) => one !== "joined"),
    });
    if (inner.k !== "text" || text.startsWith(hole) || text.replaceAll(hole, "").trim() === "")
      call.emit({ kind: "opaque", from });
    if (text === hole) return unknownFrom(from);
    return call.evaluate(text.replaceAll(hole, "_"));
  });
  return results.length === 1 && results[0] !== undefined ? results[0] : unknownFrom(originsOf(code));
}

/** Text in a file that the program wrote itself, or that came with the request, is run. */
function runFile(call: OutsideCall, path: Value): Value | null {
  const name = asText(path);
  const content = call.written(name);
  if (content === null) return null;
  call.emit({ kind: "run", target: name, tags: ["file", "written"], from: originsOf(content) });
  evaluated(call, content);
  return refValue("scope", null, noOrigins, ["dictionary"]);
}

/** A file with a name that nobody knows before: one for each place where it is made. */
const temporary: Fold = (call) => {
  const suffix = asText(call.args.get(call.name.endsWith("mkstemp") ? 0 : 99, "suffix") ?? textValue(""));
  const folder = call.args.get(99, "dir");
  const { line, column } = call.place;
  const path = textValue(
    `${folder?.k === "text" ? folder.text : "/tmp"}/tmp${line ?? 0}-${column ?? 0}${isWhole(suffix) ? suffix : ""}`,
  );
  call.emit({ kind: "write", target: "/tmp", tags: ["temporary"] });
  const file = instanceValue("file", noOrigins, [
    ["path", path],
    ["name", path],
    ["mode", textValue("w")],
  ]);
  return call.name.endsWith("mkstemp") ? listValue([file, path]) : call.name.endsWith("mktemp") ? path : file;
};

/** A program that is started with its input still to come is run again when that is known. */
const communicate: Fold = (call) => {
  const self = call.self?.k === "instance" ? call.self : null;
  const from = self === null ? noOrigins : originsOf(self);
  const input = call.args.get(0, "input");
  const command = self?.fields.get("command");
  if (input !== null && input.k !== "constant" && command?.k === "list") call.command(command.items, input);
  return listValue([unknownFrom(from), unknownFrom(from)]);
};

const compile: Fold = (call) => {
  const source = call.args.at(0, "source");
  return instanceValue("code.object", originsOf(source), [["source", source]]);
};

/** Pages: a request that carries data sends, any other fetches. */
const urlopen: Fold = (call) => {
  const request = call.args.at(0, "url");
  const data = call.args.get(1, "data") ?? (request.k === "instance" ? (request.fields.get("data") ?? null) : null);
  const url = request.k === "instance" ? (request.fields.get("url") ?? unknown) : request;
  const hasData = data !== null && !(data.k === "constant" && data.value === null);
  const from = joinOrigins(originsOf(request), hasData ? originsOf(data) : noOrigins);
  const index = call.emit({
    kind: hasData ? "send" : isUrl(asText(url)) || !asText(url).startsWith("file:") ? "fetch" : "read",
    target: asText(url),
    from,
  });
  return instanceValue("http.response", [index]);
};

const request: Fold = (call) => {
  const url = call.args.at(0, "url");
  const data = call.args.get(1, "data");
  const fields: [string, Value][] = [["url", url]];
  if (data !== null && !(data.k === "constant" && data.value === null)) fields.push(["data", data]);
  const made = instanceValue(
    "urllib.request.Request",
    joinOrigins(originsOf(url), data === null ? noOrigins : originsOf(data)),
    fields,
  );
  const headers = call.args.get(2, "headers");
  if (headers !== null) made.fields.set("headers", headers);
  return made;
};

const addHeader: Fold = (call) => {
  if (call.self?.k !== "instance") return null;
  call.self.fields.set(`header ${asText(call.args.at(0))}`, call.args.at(1));
  return unknown;
};

const mode: Fold = (call) => {
  const path = call.name.endsWith("#chmod") ? (call.self ?? unknown) : call.args.at(0, "path");
  const given = call.name.endsWith("#chmod") ? call.args.at(0, "mode") : call.args.at(1, "mode");
  const bits =
    given.k === "number" ? given.n.toString(8) : given.k === "ref" && /S_ISUID|S_ISGID/.test(given.name) ? "4755" : "";
  call.emit({ kind: "write", target: asText(path), tags: ["mode", ...modeTags(bits)], from: originsOf(path) });
  return unknown;
};

/** Tables that are read from a page or from a file. */
const table: Fold = (call) => {
  const source = call.args.at(0, "filepath_or_buffer", "path_or_buf", "io", "path");
  const index = call.emit({
    kind: isUrl(asText(source)) ? "fetch" : "read",
    target: asText(source),
    from: originsOf(source),
  });
  return instanceValue("pandas.DataFrame", [index]);
};

const tableOut: Fold = (call) => {
  const path = call.args.get(0, "path_or_buf", "excel_writer", "path", "buf");
  if (path === null || (path.k === "constant" && path.value === null))
    return unknownFrom(call.self === null ? noOrigins : originsOf(call.self));
  writeTo(call, path, call.self ?? unknown, []);
  return unknown;
};

const engine: Fold = (call) => {
  const url = call.args.at(0, "url");
  const text = asText(url);
  if (text.startsWith("sqlite")) {
    const path = text.replace(/^sqlite[+\w]*:\/\/\/?/, "");
    if (path !== "" && path !== ":memory:") {
      call.emit({ kind: "read", target: path });
      call.emit({ kind: "write", target: path, tags: ["database"] });
    }
    return instanceValue("sqlite3.Connection");
  }
  const index = call.emit({ kind: "connect", target: text, from: originsOf(url) });
  return instanceValue("database.client", [index]);
};

const sqlite: Fold = (call) => {
  const path = call.args.at(0, "database");
  if (asText(path) === ":memory:" || asText(path) === "") return instanceValue("sqlite3.Connection");
  const index = call.emit({ kind: "read", target: asText(path), from: originsOf(path), tags: ["database"] });
  call.emit({ kind: "write", target: asText(path), from: originsOf(path), tags: ["database"] });
  return instanceValue("sqlite3.Connection", [index]);
};

const environ: Fold = (call) => {
  const key = call.args.get(0, "key");
  const index = call.emit({
    kind: "environment",
    target: key === null ? null : asText(key),
    tags: ["read", ...(key === null ? ["all"] : [])],
  });
  const known = key === null ? null : call.variable(asText(key), index);
  if (known?.k === "text") return known;
  const fallback = call.args.get(1, "default");
  return fallback?.k === "text" && fallback.text !== ""
    ? { ...fallback, from: joinOrigins([index], fallback.from) }
    : unknownFrom([index]);
};

/** Objects for archives know their file. */
const archive: Fold = (call) => {
  const path = call.args.at(0, "name", "file", "fileobj");
  const how = asText(call.args.at(1, "mode"));
  const isRead = !/[wax]/.test(how);
  const index = isRead
    ? call.emit({ kind: "read", target: asText(path), from: originsOf(path), tags: ["archive"] })
    : call.emit({ kind: "write", target: asText(path), tags: ["archive", "open"] });
  return instanceValue("archive", [index], [["path", path]]);
};

/** A class without a body: its members are given. */
function madeClass(call: OutsideCall): Value {
  const [name, bases, members] = call.args.values;
  const at = { start: 0, end: 0 };
  const made = new Names();
  if (members?.k === "dict") for (const [key, value] of members.entries) made.set(key, value);
  return {
    k: "class",
    form: { ...at, name: name?.k === "text" ? name.text : null, bases: [], body: [] },
    bases: bases?.k === "list" ? bases.items : [],
    members: made,
    from: noOrigins,
  };
}

const classOf: Fold = (call) => {
  const [of] = call.args.values;
  // `type(name, bases, members)` makes a class; its members are what matters of it.
  if (call.args.values.length === 3 && call.args.at(2).k === "dict") return madeClass(call);
  if (of?.k === "function") return refValue("types.FunctionType");
  if (of?.k === "instance" && of.type === "code.object") return refValue("types.CodeType");
  if (of?.k === "instance" && of.type === "module") return refValue("types.ModuleType");
  if (of?.k === "text") return refValue(of.bytes ? "bytes" : "str");
  if (of?.k === "number") return refValue("int");
  return of?.k === "instance" && of.of !== null ? of.of : refValue("type");
};

/** `socket.socket()` knows whether it stays on the machine. */
const socket: Fold = (call) => {
  const family = call.args.get(0, "family");
  const isLocal = family?.k === "ref" && /AF_UNIX/.test(family.name);
  const type = call.args.get(1, "type");
  // Packets as they are: what others send is read, or what nobody asked for is made.
  if ([family, type].some((each) => each?.k === "ref" && /AF_PACKET|SOCK_RAW/.test(each.name)))
    call.emit({ kind: "connect", target: null, tags: ["raw", "sniff"] });
  return instanceValue(isLocal ? "socket.unix" : "socket.socket");
};

/** What is encrypted cannot be read by whoever had it before. */
const encrypt: Fold = (call) => {
  const of = call.args.at(0);
  return unknownFrom(
    joinOrigins([call.emit({ kind: "encode", target: "encrypt", from: originsOf(of) })], originsOf(of)),
  );
};

export const pythonSpecials: Readonly<Record<string, Fold>> = {
  "os.fork": (call) => {
    call.emit({ kind: "spawn", tags: call.endless ? ["fork", "bomb"] : ["fork"] });
    return unknown;
  },
  "cryptography.fernet.Fernet#encrypt": encrypt,
  "cryptography.hazmat.primitives.ciphers.Cipher#encryptor": (call) => instanceValue("encryptor", call.args.origins),
  "encryptor#update": encrypt,
  "cipher#encrypt": encrypt,
  "nacl.secret.SecretBox#encrypt": encrypt,
  "pyAesCrypt.encryptFile": encrypt,
  "pyAesCrypt.encryptStream": encrypt,
  "gnupg.GPG#encrypt": encrypt,
  "gnupg.GPG#encrypt_file": encrypt,
  open,
  "io.open": open,
  "codecs.open": open,
  "gzip.open": open,
  "bz2.open": open,
  "lzma.open": open,
  "gzip.GzipFile": open,
  "bz2.BZ2File": open,
  "aiofiles.open": open,
  "builtins.open": open,
  file: open,
  "os.fdopen": (call) => call.args.at(0),
  "os.open": openFlags,
  "file#write": write,
  "file#writelines": write,
  "file#read": readFile,
  "file#readlines": readFile,
  "file#readline": readFile,
  "file#readinto": readFile,
  "file#__enter__": (call) => call.self,
  "file#close": () => unknown,
  "os.chmod": mode,
  "os.lchmod": mode,
  "os.fchmod": mode,
  "os.system": system,
  "posix.system": system,
  "nt.system": system,
  "os.popen": system,
  "posix.popen": system,
  "os.popen2": system,
  "os.popen3": system,
  "commands.getoutput": system,
  "commands.getstatusoutput": system,
  "subprocess.getoutput": system,
  "subprocess.getstatusoutput": system,
  "asyncio.create_subprocess_shell": system,
  "asyncio.subprocess.create_subprocess_shell": system,
  "platform.popen": system,
  "pexpect.run": system,
  "pexpect.spawn": (call) => {
    const given = call.args.get(1, "args");
    return given?.k === "list" && given.items.length > 0
      ? call.command([call.args.at(0), ...given.items], null)
      : system(call);
  },
  "pexpect.runu": system,
  "invoke.run": system,
  "fabric.operations.local": system,
  "plumbum.local": (call) => call.command([call.args.at(0)], null),
  "subprocess.run": run,
  "subprocess.call": run,
  "subprocess.check_call": run,
  "subprocess.check_output": run,
  "subprocess.Popen": run,
  "anyio.run_process": run,
  "asyncio.create_subprocess_exec": (call) => {
    noteEnvironment(call);
    return started(call, listValue(call.args.values, call.args.open), false, null);
  },
  "asyncio.subprocess.create_subprocess_exec": (call) =>
    started(call, listValue(call.args.values, call.args.open), false, null),
  "process.stdin#write": (call) => {
    const text = call.args.at(0);
    const origins = call.self === null ? noOrigins : originsOf(call.self);
    const command = call.self?.k === "instance" ? call.self.fields.get("command") : undefined;
    if (command?.k === "list") call.command(command.items, text);
    call.emit({
      kind: "run",
      target: "stdin",
      tags: ["input", ...(text.k === "text" ? [] : ["unknown"])],
      from: joinOrigins(originsOf(text), origins),
    });
    return unknown;
  },
  "subprocess.Popen#communicate": communicate,
  "os.startfile": (call) => {
    call.emit({ kind: "run", target: asText(call.args.at(0)) });
    return unknown;
  },
  "pty.spawn": exec,
  ...Object.fromEntries(
    [
      "execl",
      "execle",
      "execlp",
      "execlpe",
      "execv",
      "execve",
      "execvp",
      "execvpe",
      "spawnl",
      "spawnle",
      "spawnlp",
      "spawnlpe",
      "spawnv",
      "spawnve",
      "spawnvp",
      "spawnvpe",
    ].map((name) => [`os.${name}`, exec]),
  ),
  eval: evaluate,
  exec: evaluate,
  "builtins.eval": evaluate,
  "builtins.exec": evaluate,
  execfile: (call) => {
    call.emit({
      kind: "eval",
      target: asText(call.args.at(0)),
      tags: ["file", "unknown"],
      from: originsOf(call.args.at(0)),
    });
    return unknown;
  },
  compile,
  ...Object.fromEntries(
    ["runsource", "runcode", "push"].flatMap((method) =>
      ["Interpreter", "Console"].map((kind) => [`code.Interactive${kind}#${method}`, evaluate]),
    ),
  ),
  "code.InteractiveInterpreter": () => instanceValue("code.InteractiveInterpreter"),
  "code.InteractiveConsole": () => instanceValue("code.InteractiveConsole"),
  "pdb.run": evaluate,
  "pdb.runeval": evaluate,
  "bdb.Bdb#run": evaluate,
  "trace.Trace#run": evaluate,
  "cProfile.Profile#run": evaluate,
  "cProfile.runctx": evaluate,
  "profile.runctx": evaluate,
  "timeit.repeat": evaluate,
  "doctest.run_docstring_examples": evaluate,
  "_testcapi.run_in_subinterp": evaluate,
  "_xxsubinterpreters.run_string": (call) => evaluated(call, call.args.at(1)),
  "_interpreters.exec": (call) => evaluated(call, call.args.at(1)),
  "importlib._bootstrap._call_with_frames_removed": (call) => call.call(call.args.at(0), call.args.values.slice(1)),
  "typing.get_type_hints": () => null,
  "typing.ForwardRef": compile,
  "runpy.run_path": (call) => runFile(call, call.args.at(0, "path_name")),
  "importlib.machinery.SourceFileLoader": (call) => runFile(call, call.args.at(1, "path")),
  "importlib.util.spec_from_file_location": (call) => runFile(call, call.args.at(1, "location")),
  "imp.load_source": (call) => runFile(call, call.args.at(1)),
  "tempfile.NamedTemporaryFile": temporary,
  "tempfile.mkstemp": temporary,
  "tempfile.mktemp": temporary,
  "os.write": (call) => {
    const [file, content] = call.args.values;
    if (file?.k !== "instance" || content === undefined) return null;
    writeTo(call, file.fields.get("path") ?? unknown, content, []);
    return unknown;
  },
  "types.CodeType": (call) => instanceValue("code.object", call.args.origins),
  "types.ModuleType": () => instanceValue("module"),
  "types.FunctionType": (call) => {
    const code = call.args.at(0, "code");
    return instanceValue("code.function", originsOf(code), [["source", code]]);
  },
  "code.function#()": (call) =>
    call.self?.k === "instance" ? evaluated(call, call.self.fields.get("source") ?? unknownFrom(call.self.from)) : null,
  "timeit.timeit": evaluate,
  "timeit.Timer": evaluate,
  "cProfile.run": evaluate,
  "profile.run": evaluate,
  "urllib.request.urlopen": urlopen,
  "urllib.urlopen": urlopen,
  "urllib2.urlopen": urlopen,
  "urllib.request.Request": request,
  "urllib2.Request": request,
  "urllib.request.Request#add_header": addHeader,
  ...Object.fromEntries(
    ["csv", "json", "excel", "table", "parquet", "feather", "hdf", "html", "xml", "fwf", "orc"].map((name) => [
      `pandas.read_${name}`,
      table,
    ]),
  ),
  ...Object.fromEntries(
    ["csv", "json", "excel", "parquet", "feather", "html", "hdf", "pickle", "markdown"].flatMap((name) => [
      [`pandas.DataFrame#to_${name}`, tableOut],
      [`?#to_${name}`, tableOut],
    ]),
  ),
  "sqlalchemy.create_engine": engine,
  "sqlite3.connect": sqlite,
  "yaml.load": yamlLoad,
  "yaml.load_all": yamlLoad,
  "os.getenv": environ,
  "os.environ#get": environ,
  "os.environ#__getitem__": environ,
  "tarfile.open": archive,
  "tarfile.TarFile": archive,
  "zipfile.ZipFile": archive,
  "socket.socket": socket,
  "numpy.load": numpyLoad,
  "np.load": numpyLoad,
  "ruamel.yaml.YAML": ruamel,
  "copyreg.pickle": (call) => {
    reduced(call, call.call(call.args.at(1), [unknown]), "copyreg.pickle");
    return unknown;
  },
  "os.chdir": (call) => {
    call.enter(asText(call.args.at(0, "path")));
    return unknown;
  },
  "cv2.VideoCapture": (call) => {
    const source = call.args.at(0);
    const index =
      source.k === "number"
        ? call.emit({ kind: "input", target: "camera", tags: ["spy"] })
        : call.emit({ kind: "read", target: asText(source), from: originsOf(source) });
    return instanceValue("cv2.VideoCapture", [index]);
  },
  "typer.run": (call) => call.call(call.args.at(0), []),
  "fire.Fire": (call) => (call.args.values.length === 0 ? unknown : call.call(call.args.at(0), [])),
  "plac.call": (call) => call.call(call.args.at(0), []),
  "defopt.run": (call) => call.call(call.args.at(0), []),
  "delegator.run": system,
  "envoy.run": system,
  "sarge.run": system,
  "executor.execute": system,
  "invoke.Context#run": system,
  "invoke.Context#sudo": system,
  "fabric.Connection#local": system,
  "io.FileIO": open,
  "_io.FileIO": open,
  "io.open_code": open,
  "lzma.LZMAFile": open,
  "tokenize.open": open,
  type: classOf,
  "tempfile.TemporaryDirectory#__enter__": () => textValue(`/tmp/${hole}`),
  "logging.basicConfig": (call) => {
    const file = call.args.get(99, "filename");
    if (file !== null) call.emit({ kind: "write", target: asText(file), tags: ["append"] });
    return unknown;
  },
  hasattr: () => constantValue(true),
};
