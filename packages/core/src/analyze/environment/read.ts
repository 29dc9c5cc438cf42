/**
 * Reads what the environment of a request makes programs run: code in a variable as code, files that it names, and what it puts
 * in the place of something else. Values are secrets, so what is told of them is the variable's name and nothing more.
 */
import { layersOf } from "../binary.ts";
import type { Spot } from "../effects.ts";
import { languageOfFile } from "../language.ts";
import { plainPath } from "../paths.ts";
import type { Session, Unit } from "../session.ts";
import { textOf } from "../text.ts";
import { type LoadedFile, type Loads, loadsOf, type SearchedFolder } from "./loads.ts";

/** Where nothing lies but what the sandbox's image brings. */
const readOnly = /^\/(usr|bin|sbin|lib|lib32|lib64|opt|etc|nix)(\/|$)/;
/** Modules that nearly every program imports. */
const common = new Set(
  "os sys re io json time random socket ssl subprocess threading logging typing pathlib collections functools itertools datetime base64 hashlib shutil tempfile urllib http email csv string struct copy enum abc codecs encodings site types inspect traceback asyncio requests numpy pandas yaml".split(
    " ",
  ),
);
/** More variables than this are not read; a request has far fewer. */
const mostVariables = 512;

export function readEnvironment(session: Session, environment: Readonly<Record<string, string>>): void {
  const entries = Object.entries(environment);
  if (entries.length > mostVariables) session.cut = true;
  for (const [name, value] of entries.slice(0, mostVariables)) {
    const loads = loadsOf(name, value, environment);
    if (loads !== null) new Variable(session, name).reads(loads, environment);
  }
}

class Variable {
  readonly #session: Session;
  readonly #name: string;
  readonly #place: Spot;

  constructor(session: Session, name: string) {
    this.#session = session;
    this.#name = name;
    this.#place = { file: null, line: null, column: null, evidence: name };
  }

  reads(loads: Loads, environment: Readonly<Record<string, string>>): void {
    for (const path of loads.libraries) this.#library(path);
    for (const text of loads.texts) {
      if (!text.isCommand) this.#note("runs");
      if (text.language === null) this.#unread(null);
      else this.#text(text.language, text.text);
    }
    for (const file of loads.files) this.#file(file);
    if (loads.replaces !== null && this.#session.isKnownTool(loads.replaces)) this.#note("replaces");
    this.#folders(loads.folders, environment);
  }

  #note(tag: string): void {
    this.#session.add(
      { kind: "environment", target: this.#name, tags: ["given", tag], callee: this.#name },
      this.#place,
      0,
    );
  }

  /** Something runs that nobody has read. */
  #unread(path: string | null): void {
    this.#session.add({ kind: "opaque", target: path, tags: ["environment"], callee: this.#name }, this.#place, 0);
  }

  #text(language: Unit["language"], text: string): void {
    const unit: Unit = { language, text, file: null, layer: 1, fixed: this.#place };
    if (this.#session.mayRead(text, 0)) this.#session.readers[language](this.#session, unit);
  }

  #library(path: string): void {
    // A bare name is looked for in the system's folders; a folder of one's own in front of them is told by its own variable.
    const isSystems = !path.includes("/") || isReadOnly(path);
    this.#session.add(
      { kind: "native", target: path, tags: ["environment", isSystems ? "system" : "planted"], callee: this.#name },
      this.#place,
      0,
    );
  }

  #file({ path, language }: LoadedFile): void {
    const session = this.#session;
    const name = plainPath(path);
    if (isReadOnly(name)) {
      if (language !== "program") this.#note("loads");
      return;
    }
    if (language !== "program") this.#note("runs");
    if (/^\/(dev\/(stdin|fd\/0)|proc\/self\/fd\/0)$/.test(name) && session.given.stdin !== null && language !== null)
      return this.#text(language === "program" ? "bash" : language, session.given.stdin);
    const content = session.files.get(name);
    if (content === undefined) return this.#unread(name);
    const { textBytes } = layersOf(content);
    const { text } = textOf(content.subarray(0, textBytes), language === "python");
    const found = textBytes === 0 ? null : language === "program" ? languageOfFile(name, text) : language;
    if (found === null) {
      // What the file is, the reading of the files says.
      if (language !== "program") this.#unread(name);
      return;
    }
    if (!session.visit(name, found)) return;
    session.readers[found](session, { language: found, text, file: name, layer: 0, fixed: null });
  }

  #folders(folders: readonly SearchedFolder[], environment: Readonly<Record<string, string>>): void {
    for (const { path, of } of folders) {
      // After the system's own folders nothing of theirs is replaced.
      if (of === "programs" && isReadOnly(plainPath(path)) && this.#name === "PATH" && "PATH" in environment) break;
      if (isReadOnly(plainPath(path))) continue;
      if (of === "libraries")
        this.#session.add(
          { kind: "native", target: plainPath(path), tags: ["environment", "planted", "folder"], callee: this.#name },
          this.#place,
          0,
        );
      else this.#lookInto(plainPath(path), of);
    }
  }

  /** Files of the request that a program finds there in the place of what it looks for. */
  #lookInto(folder: string, of: SearchedFolder["of"]): void {
    for (const path of this.#session.files.keys()) {
      const below = path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : null;
      if (below === null) continue;
      if (of === "programs" && !below.includes("/") && this.#session.isKnownTool(below)) this.#note("replaces");
      const module = /^(\w+)(?:\/__init__)?\.(?:py|pyc|so)$/.exec(below)?.[1] ?? "";
      if (of === "python" && /^(site|user)customize$/.test(module)) this.#file({ path, language: "python" });
      else if (of === "python" && common.has(module)) this.#note("replaces");
    }
  }
}

/** Steps up may lead anywhere once a link is on the way. */
function isReadOnly(path: string): boolean {
  return readOnly.test(path) && !path.split("/").includes("..");
}
