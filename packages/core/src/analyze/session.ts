/** One reading of a request: its bounds, and what was found so far. Every language's reader works on the same one. */
import type { LanguageName } from "@hsr/contract";
import { riskLimits } from "@hsr/contract";
import type { Effect, EffectKind, Spot } from "./effects.ts";
import { plainPath } from "./paths.ts";
import { placesOfPath } from "./places.ts";
import type { Parse, SyntaxTree } from "./syntax.ts";
import {
  type Disguise,
  hole,
  joinOrigins,
  listValue,
  noOrigins,
  type Origins,
  originsOf,
  textValue,
  unknownFrom,
  type Value,
} from "./value.ts";

/** Bounds of a reading. What lies beyond is not followed, and the report says so. */
export const readingLimits = {
  /** Expressions evaluated, over everything: bounds the time at about 50 ms. */
  steps: 60_000,
  /** Effects kept. */
  effects: 2_000,
  /** Code in text in code: each level was made by the one before. */
  layers: 6,
  /** Texts read as code. */
  texts: 200,
  /** Characters of texts read as code, together. */
  textChars: 1024 * 1024,
} as const;

/** Kinds of places that many programs work in: there a path says as much as it is told. */
const commonPlaces: ReadonlySet<string> = new Set([
  "machine-facts",
  "system-files",
  "programs",
  "passing-folders",
  "devices",
  "kernel-controls",
  "logs",
  "scheduled",
]);

/** Where the program itself lies, in whatever language it is. */
const ownFile = /^\/workspace\/main\.(py|mjs|ts|sh)$/;

/** A text that is read as code. */
export interface Unit {
  readonly language: LanguageName;
  readonly text: string;
  /** The file in the sandbox; `null` for a command line. */
  readonly file: string | null;
  readonly layer: number;
  /** Where code in a text is told to stand: where the text is run. */
  readonly fixed: Spot | null;
}

/** What a reader tells of an effect; the session adds the rest. */
export interface Seen {
  readonly kind: EffectKind;
  readonly target?: string | null;
  readonly tags?: readonly string[];
  readonly from?: Origins;
  readonly callee: string;
  readonly disguise?: Disguise;
  readonly data?: string | null;
}

/** What a program is given besides its code. */
export interface Given {
  readonly environment: Readonly<Record<string, string>>;
  /** Arguments of the program; `null` where they are not known. */
  readonly args: readonly string[] | null;
  readonly stdin: string | null;
  /** The program's own file, which these are for; `null` for a command line. */
  readonly program: string | null;
}

/** Reads a text as code of a language; what it evaluates to is not told. */
export type ReadCode = (session: Session, unit: Unit) => void;

export class Session {
  readonly effects: Effect[] = [];
  readonly parse: Parse;
  /** Files that the request brings, by their path in the sandbox. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly readers: Readonly<Record<LanguageName, ReadCode>>;
  given: Given = { environment: {}, args: null, stdin: null, program: null };
  /** Whether something given that may be a secret is among the texts: these are not shown then. */
  isSecretRead = false;
  /** Files that were read as code already, each with the languages. */
  readonly #visited = new Map<string, Set<LanguageName | null>>();
  /** Whether something was left out for a bound. */
  cut = false;
  /** Programs of the request's files that no language is known for, or that are machine code. */
  binary = false;
  unknownLang = false;
  /** Where the first name stands that a tool made, if a text has such names. */
  madeName: Spot | null = null;
  /** Characters that no grammar could read in the program itself, and all of its characters. */
  wrongChars = 0;
  readChars = 0;
  #steps = 0;
  #texts = 0;
  #textChars = 0;
  readonly #known = new Map<string, number>();
  readonly #written = new Map<string, { readonly content: Value | null; readonly from: Origins }>();
  readonly #lines = new WeakMap<Unit, readonly number[]>();

  readonly isKnownTool: (name: string) => boolean;

  constructor(
    parse: Parse,
    files: ReadonlyMap<string, Uint8Array>,
    readers: Readonly<Record<LanguageName, ReadCode>>,
    isKnownTool: (name: string) => boolean,
  ) {
    this.parse = parse;
    this.isKnownTool = isKnownTool;
    this.files = files;
    this.readers = readers;
  }

  /** The language of the program that a command line runs, where that was read. */
  languageRun: LanguageName | null = null;

  /** Notes that a file is read as a language; false when it was before. One file may be a program of several languages. */
  visit(path: string, language: LanguageName | null): boolean {
    const name = plainPath(path);
    const languages = this.#visited.get(name) ?? new Set();
    this.#visited.set(name, languages);
    if (languages.has(language)) return false;
    languages.add(language);
    return true;
  }

  /** Whether a file was read as code of any language. */
  isVisited(path: string): boolean {
    return this.#visited.has(plainPath(path));
  }

  /** The folder that the program went to, where that is known and not the one that it starts in. */
  folder: string | null = null;

  /** Goes to a folder; gives the one before, to go back to. */
  enter(path: string | null): string | null {
    const before = this.folder;
    if (path === null || /^[/~]/.test(path)) this.folder = path;
    else if (path.includes(hole) || path === "-") this.folder = null;
    else if (before !== null) this.folder = `${before}/${path}`;
    return before;
  }

  /** A path that is told from a folder of secrets or settings, in full; any other as it is told. */
  #whole(kind: EffectKind, target: string | null): string | null {
    if (this.folder === null || target === null || !/^[\w.*?]/.test(target)) return target;
    if (kind !== "read" && kind !== "write" && kind !== "delete" && kind !== "list") return target;
    const whole = plainPath(`${this.folder}/${target}`);
    return placesOfPath(whole).some(({ name }) => !commonPlaces.has(name)) ? whole : target;
  }

  /** Counts a step of evaluation; false when the bound is reached and the reader has to come to an end. */
  step(): boolean {
    this.#steps += 1;
    if (this.#steps <= readingLimits.steps) return true;
    this.cut = true;
    return false;
  }

  /** Steps that are left. */
  get left(): number {
    return readingLimits.steps - this.#steps;
  }

  tree(unit: Unit): SyntaxTree {
    const tree = this.parse(unit.language, unit.text);
    if (tree.cut) this.cut = true;
    if (unit.layer === 0) {
      this.wrongChars += tree.wrongChars;
      this.readChars += unit.text.length;
    }
    return tree;
  }

  /** Whether one more text may be read as code; counts it. */
  mayRead(text: string, layer: number): boolean {
    if (text.replaceAll(hole, "").trim() === "") return false;
    this.#texts += 1;
    this.#textChars += text.length;
    if (
      layer < readingLimits.layers &&
      this.#texts <= readingLimits.texts &&
      this.#textChars <= readingLimits.textChars
    )
      return true;
    this.cut = true;
    return false;
  }

  /** The unit of a text that the program runs as code. */
  inner(language: LanguageName, text: string, file: string | null, layer: number, at: Spot): Unit {
    if (this.isSecretRead) return { language, text, file, layer: layer + 1, fixed: at };
    const shown = text.slice(0, riskLimits.evidence_chars).replaceAll(hole, "…").replace(/\s+/g, " ");
    return { language, text, file, layer: layer + 1, fixed: { ...at, evidence: shown } };
  }

  /** Reads a text that the program runs as code. Returns whether it could be read. */
  readText(language: LanguageName, text: string, within: Unit, at: Spot): boolean {
    if (!this.mayRead(text, within.layer)) return false;
    this.readers[language](this, this.inner(language, text, within.file, within.layer, at));
    return true;
  }

  /** Writes an effect down, once, and gives its index. */
  add(seen: Seen, place: Spot, layer: number): number {
    const target = this.#whole(seen.kind, seen.target ?? null);
    const isOwn = seen.kind === "read" && target !== null && ownFile.test(target);
    const tags = isOwn ? [...(seen.tags ?? []), "itself"] : (seen.tags ?? []);
    const key = `${seen.kind}\0${target ?? ""}\0${tags.join()}\0${seen.callee}\0${place.line ?? 0}:${place.column ?? 0}`;
    const from = seen.from ?? noOrigins;
    const before = this.#known.get(key);
    const old = before === undefined ? undefined : this.effects[before];
    if (before !== undefined && old !== undefined) {
      if (from.length > 0) this.effects[before] = { ...old, from: joinOrigins(old.from, from) };
      return before;
    }
    if (this.effects.length >= readingLimits.effects) {
      this.cut = true;
      return this.effects.length - 1;
    }
    const index = this.effects.length;
    this.#known.set(key, index);
    const { kind, callee, disguise = [], data = null } = seen;
    this.effects.push({ index, kind, target, tags, from, callee, disguise, layer, data, place });
    return index;
  }

  /** What a variable of the environment holds, when it is read as the effect `index`. */
  variable(name: string, index: number): Value {
    const { environment } = this.given;
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    if (name === "HOME" && (value === undefined || /^\/(workspace|root|home\/[^/]+)\/?$/.test(value)))
      return textValue("~", [index]);
    if (value === undefined) return unknownFrom([index]);
    this.isSecretRead = true;
    return textValue(value, [index]);
  }

  /** The program's arguments, behind so many words of the command line, when they are read as the effect `index`. */
  words(index: number, before: number): Value {
    const { args } = this.given;
    if (args === null || args.length === 0) return unknownFrom([index]);
    const first = Array.from({ length: before }, () => unknownFrom([index]));
    return listValue([...first, ...args.map((each) => textValue(each, [index]))], false, [index]);
  }

  /** Given files that a name may mean: where a program stands when it uses a relative one is not followed. */
  filesNamed(name: string): readonly (readonly [path: string, content: Uint8Array])[] {
    const path = plainPath(name);
    const isRelative = !/^[/~]/.test(name) && !path.includes(hole);
    const tail = plainPath(`/${name}`);
    return [...this.files].filter(([each]) => each === path || (isRelative && each.endsWith(tail)));
  }

  /** What a file's content is known to be, when it is read as the effect `index`. */
  reading(path: string, index: number): Value {
    const name = plainPath(path);
    if (/^\/(dev\/(stdin|fd\/0)|proc\/self\/fd\/0)$/.test(name) && this.given.stdin !== null)
      return textValue(this.given.stdin, [index]);
    const written = this.#written.get(name);
    if (written !== undefined) {
      const from = joinOrigins([index], written.from);
      const reading = this.effects[index];
      if (reading !== undefined) this.effects[index] = { ...reading, tags: [...new Set([...reading.tags, "own"])] };
      return written.content?.k === "text" ? { ...written.content, from } : unknownFrom(from);
    }
    const [given, ...others] = this.filesNamed(path);
    if (given !== undefined && others.length === 0 && given[1].length <= readingLimits.textChars) {
      const text = new TextDecoder("utf-8").decode(given[1]);
      if (!text.includes("\0")) return textValue(text, [index]);
    }
    return unknownFrom([index]);
  }

  /** Notes what is written to a file, for whoever reads or runs it later. */
  wrote(path: string, content: Value | null, index: number): void {
    const name = plainPath(path);
    const before = this.#written.get(name);
    const from = joinOrigins(
      joinOrigins([index], content === null ? noOrigins : originsOf(content)),
      before?.from ?? noOrigins,
    );
    const joined =
      before?.content?.k === "text" && content?.k === "text"
        ? textValue(before.content.text + content.text)
        : (content ?? null);
    this.#written.set(name, { content: joined, from });
  }

  /** What is known of a file that was written before; `null` if nothing was. */
  writtenTo(path: string): { readonly content: Value | null; readonly from: Origins } | null {
    return this.#written.get(plainPath(path)) ?? null;
  }

  /** Where a position of a unit is. */
  place(unit: Unit, start: number, end: number): Spot {
    if (unit.fixed !== null) return unit.fixed;
    let starts = this.#lines.get(unit);
    if (starts === undefined) {
      starts = lineStarts(unit.text);
      this.#lines.set(unit, starts);
    }
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= start) low = middle;
      else high = middle - 1;
    }
    const text = unit.text.slice(start, Math.min(end, start + riskLimits.evidence_chars));
    return {
      file: unit.file,
      line: low + 1,
      column: start - (starts[low] ?? 0) + 1,
      evidence: text.replace(/\s+/g, " "),
    };
  }
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}
