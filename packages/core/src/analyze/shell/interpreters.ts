/** Programs that run programs: shells and languages, with text on the command line, on standard input, or in a file. */
import type { LanguageName } from "@hsr/contract";
import { layersOf } from "../binary.ts";
import { concatenated } from "../evaluate/operate.ts";
import { languageOfFile } from "../language.ts";
import { plainPath } from "../paths.ts";
import { readingLimits } from "../session.ts";
import { textOf } from "../text.ts";
import {
  asText,
  hole,
  isWhole,
  joinOrigins,
  listValue,
  noOrigins,
  type Origins,
  originsOf,
  textValue,
  unknown,
  unknownFrom,
  type Value,
} from "../value.ts";
import { evalText, originsOfAll } from "./builtins.ts";
import { readForeign } from "./foreign.ts";
import { originsOfCall, type Tool } from "./operands.ts";
import { parseOptions } from "./options.ts";
import { contentOfPipe } from "./pipes.ts";
import type { CommandCall } from "./shell.ts";

/** Text that an interpreter of a language runs. `computed`: the text is not simply written there. */
function runText(
  call: CommandCall,
  language: LanguageName | null,
  text: Value,
  callee: string,
  computed: boolean,
): Value {
  const code = asText(text);
  const from = originsOf(text);
  const isKnown = text.k === "text" && isWhole(code);
  if (call.shell.unit.layer === 0) call.shell.session.languageRun ??= language;
  if (language === "bash") return evalText(call, text, callee, computed || !isKnown);
  if (computed || !isKnown)
    call.emit({
      kind: "eval",
      target: code.slice(0, 200),
      from,
      callee,
      tags: isKnown ? ["known"] : ["unknown"],
      disguise: text.k === "text" ? text.disguise : [],
    });
  if (code === hole || code.startsWith(hole)) call.emit({ kind: "opaque", from, callee });
  if (language === null) {
    call.shell.session.unknownLang = true;
    if (code !== hole) return readForeign(call, code, from);
  } else if (code !== hole) {
    const { session, unit } = call.shell;
    const at = call.node ?? { start: 0, end: unit.text.length };
    session.readText(language, code.replaceAll(hole, "_"), unit, session.place(unit, at.start, at.end));
  }
  return unknownFrom(from);
}

/** A program's text in a file: brought with the request, written before, or simply there. */
function runFile(call: CommandCall, language: LanguageName | null, path: Value, callee: string): Value {
  const { session } = call.shell;
  const name = asText(path);
  const given = session.filesNamed(name);
  // Also where it is written before: what writes may not come to it.
  for (const [path, content] of given) readGiven(call, language, path, content);
  const written = session.writtenTo(name);
  if (written !== null) {
    call.emit({ kind: "run", target: name, tags: ["file", "written"], from: written.from, callee });
    const { content } = written;
    const found = language ?? (content?.k === "text" ? languageOfFile(name, content.text) : null);
    if (content?.k === "text" && session.visit(`${name} (written)`, found)) {
      runText(call, found, content, callee, true);
    } else if (
      content?.k !== "text" &&
      written.from.some((each) => ["fetch", "connect", "send"].includes(session.effects[each]?.kind ?? ""))
    ) {
      call.emit({ kind: "opaque", target: name, from: written.from, callee });
    }
    return unknownFrom(written.from);
  }
  if (given.length > 0) return unknown;
  if (!isWhole(name) && name.replaceAll(hole, "").replace(/[/.]/g, "") === "") {
    call.emit({ kind: "opaque", target: name, from: originsOf(path), callee });
  }
  return unknownFrom(originsOf(path));
}

/** A file of the request that is run. */
function readGiven(call: CommandCall, language: LanguageName | null, path: string, content: Uint8Array): void {
  const { session } = call.shell;
  const { form, textBytes } = layersOf(content);
  const text = textBytes === 0 ? null : textOf(content.subarray(0, textBytes), language === "python").text;
  const found = text === null ? null : (language ?? languageOfFile(path, text));
  if (!session.visit(path, found)) return;
  // What of an archive can be read was read with the request's files.
  if (form.kind !== "text" && form.kind !== "data" && form.kind !== "archive") {
    session.binary = true;
    call.emit({ kind: "native", target: path, tags: ["binary", form.kind] });
  }
  if (text === null) {
    if (form.kind === "data") {
      session.unknownLang = true;
      call.emit({ kind: "opaque", target: path });
    }
    return;
  }
  if (found === null) {
    session.unknownLang = true;
    call.emit({ kind: "opaque", target: path });
    return;
  }
  if (call.shell.unit.layer === 0) session.languageRun ??= found;
  if (content.length > readingLimits.textChars) session.cut = true;
  session.readers[found](session, {
    language: found,
    text,
    file: plainPath(path),
    layer: call.shell.unit.layer,
    fixed: null,
  });
}

/** A program that is no known tool: a file, or something of the image. */
export function runProgramFile(call: CommandCall, first: Value): Value {
  const { name } = call;
  call.emit({
    kind: "run",
    target: name,
    from: joinOrigins(originsOf(first), originsOfAll(call.args)),
    tags: name.includes("/") ? ["file"] : [],
    data: call.args.map(asText).join(" ").slice(0, 400),
  });
  if (name.includes("/") || call.shell.session.filesNamed(name).length > 0) runFile(call, null, first, name);
  return unknownFrom(originsOfCall(call));
}

const shell: Tool = (call) => {
  const { set, values, rest } = parseOptions(call.args, "c o O rcfile init-file", "first");
  const text = values.get("c")?.[0] ?? (set.has("c") ? rest[0] : undefined);
  const { positional: before, zero } = call.shell;
  if (text !== undefined) {
    call.shell.positional = listValue(rest.slice(1));
    call.shell.zero = rest[0] ?? zero;
    const output = runText(call, "bash", text, call.name, false);
    call.shell.positional = before;
    call.shell.zero = zero;
    return output;
  }
  const [file, ...args] = rest;
  if (file !== undefined && asText(file) !== "-" && !(set.has("s") && call.stdin !== null)) {
    const piped = contentOfPipe(file);
    if (piped !== null) return runText(call, "bash", piped, call.name, true);
    call.shell.positional = listValue(args);
    const output = runFile(call, "bash", file, call.name);
    call.shell.positional = before;
    return output;
  }
  if (set.has("i") || call.shell.isTied)
    call.emit({
      kind: "run",
      target: call.name,
      tags: ["interactive"],
      from: call.stdin === null ? noOrigins : originsOf(call.stdin),
    });
  if (call.stdin !== null) return runText(call, "bash", call.stdin, call.name, isComputed(call.stdin));
  return unknown;
};

/** A here-document is written where it stands; what comes out of a pipe was made. */
function isComputed(stdin: Value): boolean {
  return stdin.k !== "text" || stdin.from.length > 0 || stdin.disguise.length > 0 || !isWhole(stdin.text);
}

/** An interpreter with text after a flag. */
function interpreter(language: LanguageName | null, flags: string, takes: string): Tool {
  return (call) => {
    const { values, rest, set } = parseOptions(call.args, `${flags} ${takes}`, "first");
    for (const flag of flags.split(" ")) {
      const text = values.get(flag)?.[0];
      if (text === undefined) continue;
      if (language !== null) return runText(call, language, text, call.name, false);
      // Modules say what the names of the text mean, and a one-liner's operands are the files that it goes through.
      const modules = [...(values.get("M") ?? []), ...(values.get("m") ?? []), ...(values.get("r") ?? [])];
      const whole = concatenated([...modules, text].flatMap((each) => [each, textValue("\n")]));
      const read = set.has("n") || set.has("p") || set.has("a") ? rest : [];
      const inputs = read.map((each) => originsOf(call.shell.readFile(each, call.name)));
      const output = runText(call, language, whole, call.name, false);
      return unknownFrom(inputs.reduce<Origins>(joinOrigins, originsOf(output)));
    }
    const module = asText(values.get("m")?.[0] ?? unknown);
    if (values.has("m")) return runModule(call, module, rest);
    const [file] = rest;
    if (file !== undefined && asText(file) !== "-") {
      const piped = contentOfPipe(file);
      if (piped !== null) return runText(call, language, piped, call.name, true);
      return runFile(call, language, file, call.name);
    }
    if (set.has("version") || set.has("V") || set.has("v") || set.has("help")) return unknown;
    if (call.stdin !== null) return runText(call, language, call.stdin, call.name, isComputed(call.stdin));
    return unknown;
  };
}

/** `python -m`: some modules are tools. */
function runModule(call: CommandCall, module: string, rest: readonly Value[]): Value {
  const words = rest.map(asText);
  if (module === "pickle" || module === "shelve" || module === "marshal") {
    const from = call.stdin === null ? noOrigins : originsOf(call.stdin);
    call.emit({ kind: "deserialize", target: words[0] ?? null, tags: ["file", "inline"], from, callee: module });
  } else if (module === "pty" || module === "code" || module === "pdb")
    call.emit({ kind: "eval", target: module, tags: ["unknown"], callee: module });
  else if (module === "pyftpdlib" || module === "uploadserver" || module === "RangeHTTPServer")
    call.emit({ kind: "listen", target: words[0] ?? module, callee: module, tags: ["files"] });
  if (module === "http.server" || module === "SimpleHTTPServer")
    call.emit({ kind: "listen", target: words[0] ?? "8000", callee: module, tags: ["files"] });
  else if (module === "pip" || module === "ensurepip" || module === "pipx")
    return call.shell.execute(
      [{ k: "text", text: "pip", bytes: false, disguise: [], from: noOrigins }, ...rest],
      call.stdin,
      call.node,
    );
  else if (module === "venv" || module === "virtualenv")
    call.emit({ kind: "write", target: words[0] ?? null, callee: module });
  else if (module === "smtpd" || module === "aiosmtpd") call.emit({ kind: "listen", target: module, callee: module });
  return unknown;
}

const python = interpreter("python", "c", "m W X");
const node = interpreter("javascript", "e eval p print", "r require import loader C input-type env-file");

export const interpreters: Readonly<Record<string, Tool>> = {
  sh: shell,
  bash: shell,
  dash: shell,
  zsh: shell,
  ksh: shell,
  ash: shell,
  fish: shell,
  rbash: shell,
  python,
  python3: python,
  python2: python,
  pypy: python,
  pypy3: python,
  node,
  nodejs: node,
  deno: interpreter("typescript", "", ""),
  tsx: interpreter("typescript", "e", ""),
  "ts-node": interpreter("typescript", "e", ""),
  perl: interpreter(null, "e E", "I M m"),
  ruby: interpreter(null, "e", "I r"),
  php: interpreter(null, "r", "d f"),
  lua: interpreter(null, "e", "l"),
  tclsh: interpreter(null, "", ""),
  expect: interpreter(null, "c", "f"),
  osascript: interpreter(null, "e", "l"),
  R: interpreter(null, "e", "f"),
  Rscript: interpreter(null, "e", ""),
  julia: interpreter(null, "e E", ""),
  groovy: interpreter(null, "e", ""),
  pwsh: interpreter(null, "c Command EncodedCommand", "File"),
  powershell: interpreter(null, "c Command EncodedCommand", "File"),
};
