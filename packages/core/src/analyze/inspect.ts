/**
 * The analysis of one request: what is read, in which language, and what is seen. Synchronous and pure but for the parser that it
 * is given. What the facts weigh is for the rules to say.
 */
import {
  type LanguageName,
  languageNames,
  type RiskCapability,
  requestLimits,
  riskCapabilityNames,
} from "@hsr/contract";
import { languages } from "../languages.ts";
import type { AnalyzeInput } from "./analyze.ts";
import { formOf } from "./binary.ts";
import { type Effect, effectKinds, type Spot } from "./effects.ts";
import { Evaluation } from "./evaluate/evaluation.ts";
import { javaScript } from "./evaluate/javascript.ts";
import { python } from "./evaluate/python.ts";
import { isSame, languageOfFile, languageOfText } from "./language.ts";
import { plainPath } from "./paths.ts";
import { placesOf } from "./places.ts";
import { type ReadCode, Session, type Unit } from "./session.ts";
import { readBash, readCommand } from "./shell/index.ts";
import { isKnownTool } from "./shell/tools.ts";
import type { Parse } from "./syntax.ts";
import { textValue, type Value } from "./value.ts";

/** What was seen, before any rule. */
export interface Inspection {
  readonly effects: readonly Effect[];
  readonly capabilities: ReadonlySet<RiskCapability>;
  readonly language: { readonly declared: LanguageName | null; readonly found: LanguageName | null };
  readonly binary: boolean;
  readonly unknownLang: boolean;
  /** Facts about the reading itself, each with where it holds. */
  readonly remarks: readonly Remark[];
}

export interface Remark {
  readonly what:
    | "language-mismatch"
    | "unparseable"
    | "oversize"
    | "too-complex"
    | "binary"
    | "unknown-language"
    | "packed";
  readonly place: Spot;
  readonly evidence: string;
}

export interface InspectOptions {
  readonly parse: Parse;
  /** Texts that are larger are not read. */
  readonly mostBytes: number;
}

const evaluated =
  (dialect: typeof python): ReadCode =>
  (session, unit) => {
    new Evaluation(session, unit, dialect).program(dialect.lower(session.tree(unit)));
  };

const readers: Readonly<Record<LanguageName, ReadCode>> = {
  python: evaluated(python),
  javascript: evaluated(javaScript),
  typescript: evaluated(javaScript),
  bash: readBash,
};

/** More characters than this share that no grammar can read: the text is not what it seems. */
const mostWrongShare = 0.15;
/** Entropy in bits per byte from which data is packed or encrypted. */
const packedEntropy = 7.2;

export function inspect(input: AnalyzeInput, options: InspectOptions): Inspection {
  const { program } = input;
  const declared = program.kind === "code" && isLanguage(program.language) ? program.language : null;
  const files = new Map(input.files.map((file) => [plainPath(file.path), file.content]));
  // The program is a file too, which it may read, or run as another language.
  const main = mainFile(declared);
  if (program.kind === "code" && main !== null) files.set(main, program.code);
  const session = new Session(options.parse, files, readers, isKnownTool);
  const remarks: Remark[] = [];
  let found: LanguageName | null = declared;
  if (program.kind === "code" && declared !== null)
    found = readProgram(session, program.code, declared, options, remarks);
  else if (program.kind === "argv") found = readArgv(session, program.argv, input.stdin);
  else if (program.kind === "code") {
    session.unknownLang = true;
    remarks.push(remark("unknown-language", null, program.language));
  }
  readFiles(session, input, options, remarks);
  if (session.cut)
    remarks.push(remark("too-complex", mainFile(declared), "It is nested too deep or does too much to be followed."));
  if (
    session.readChars > 0 &&
    session.wrongChars / session.readChars > mostWrongShare &&
    !remarks.some((each) => each.what === "language-mismatch")
  )
    remarks.push(
      remark(
        "unparseable",
        mainFile(declared),
        `${session.wrongChars} of ${session.readChars} characters belong to no construct.`,
      ),
    );
  return {
    effects: session.effects,
    capabilities: capabilitiesOf(session, remarks),
    language: { declared, found },
    binary: session.binary,
    unknownLang: session.unknownLang,
    remarks,
  };
}

function isLanguage(name: string): name is LanguageName {
  const known: readonly string[] = languageNames;
  return known.includes(name);
}

function mainFile(language: LanguageName | null): string | null {
  return language === null ? null : languages[language].mainFile;
}

function remark(what: Remark["what"], file: string | null, evidence: string): Remark {
  return { what, place: { file, line: null, column: null, evidence }, evidence };
}

function readProgram(
  session: Session,
  code: Uint8Array,
  declared: LanguageName,
  options: InspectOptions,
  remarks: Remark[],
): LanguageName | null {
  const file = languages[declared].mainFile;
  if (code.length > options.mostBytes) {
    remarks.push(remark("oversize", file, `${code.length} bytes`));
    return declared;
  }
  const form = formOf(code);
  if (form.kind !== "text") {
    session.binary = form.kind !== "data" && form.kind !== "archive";
    remarks.push(remark(session.binary ? "binary" : "unknown-language", file, form.kind));
    return null;
  }
  const text = new TextDecoder().decode(code);
  const found = languageOfText(text, declared, options.parse);
  if (found === null) {
    session.unknownLang = true;
    remarks.push(remark("unknown-language", file, text.slice(0, 80)));
  } else if (!isSame(found, declared))
    remarks.push(remark("language-mismatch", file, `It is declared as ${declared} and reads as ${found}.`));
  const language = found !== null && isSame(found, declared) ? declared : (found ?? declared);
  session.visit(file, language);
  session.readers[language](session, { language, text, file, layer: 0, fixed: null });
  return found !== null && isSame(found, declared) ? declared : found;
}

function readArgv(session: Session, argv: readonly string[], stdin: Uint8Array | null): LanguageName | null {
  const place: Spot = { file: null, line: null, column: null, evidence: argv.join(" ").slice(0, 160) };
  const unit: Unit = { language: "bash", text: "", file: null, layer: 0, fixed: place };
  const before = session.effects.length;
  const given: Value | null = stdin === null ? null : textValue(new TextDecoder().decode(stdin));
  readCommand(
    session,
    unit,
    place,
    argv.map((each) => textValue(each)),
    given,
  );
  const ran = session.effects.slice(before);
  const unknownProgram = ran.length === 1 && ran[0]?.kind === "run" && !session.isKnownTool(argv[0] ?? "");
  if (unknownProgram && !session.binary) {
    // A program of the image: nobody here knows what it does.
    session.unknownLang = true;
    session.add({ kind: "opaque", target: argv[0] ?? null, callee: argv[0] ?? "" }, place, 0);
  }
  return session.languageRun;
}

/** Files that come with the request: programs among them are read, since the program may run or import them. */
function readFiles(session: Session, input: AnalyzeInput, options: InspectOptions, remarks: Remark[]): void {
  let total = 0;
  for (const file of input.files) {
    const path = plainPath(file.path);
    const form = formOf(file.content);
    if (form.kind === "text") {
      total += file.content.length;
      const isCode =
        /\.(py|js|mjs|cjs|ts|sh|bash)$/.test(path) || (file.mode & 0o111) !== 0 || startsLikeScript(file.content);
      if (session.isVisited(path) || !isCode) continue;
      if (file.content.length > options.mostBytes || total > 2 * options.mostBytes) {
        remarks.push(remark("oversize", path, `${file.content.length} bytes`));
        continue;
      }
      const text = new TextDecoder().decode(file.content);
      const language = languageOfFile(path, text);
      session.visit(path, language);
      if (language === null) {
        session.unknownLang = true;
        remarks.push(remark("unknown-language", path, text.slice(0, 80)));
      } else session.readers[language](session, { language, text, file: path, layer: 0, fixed: null });
    } else if (form.kind === "data") {
      if ((file.mode & 0o111) !== 0) remarks.push(remark("unknown-language", path, "data that may be executed"));
      else if (form.entropy > packedEntropy && file.content.length > 1024)
        remarks.push(remark("packed", path, `${form.entropy.toFixed(1)} bits per byte`));
    } else if (form.kind !== "archive") {
      session.binary = true;
      remarks.push(
        remark(
          "binary",
          path,
          form.kind === "wasm" ? `wasm importing ${form.imports.slice(0, 6).join(", ")}` : form.kind,
        ),
      );
    }
  }
  void requestLimits;
}

function startsLikeScript(content: Uint8Array): boolean {
  return content[0] === 0x23 && content[1] === 0x21;
}

function capabilitiesOf(session: Session, remarks: readonly Remark[]): ReadonlySet<RiskCapability> {
  const found = new Set<RiskCapability>();
  for (const effect of session.effects) {
    const { capability } = effectKinds[effect.kind];
    if (capability !== null && !isSilent(effect)) found.add(capability);
    for (const place of placesOf(effect)) {
      if (place.capability !== null && (place.capability !== "persistence" || effect.kind === "write"))
        found.add(place.capability);
    }
  }
  if (session.binary) found.add("native_code");
  if (
    remarks.some((each) => each.what !== "packed" && each.what !== "language-mismatch" && each.what !== "binary") ||
    session.cut
  )
    found.add("unanalysable");
  return new Set(riskCapabilityNames.filter((each) => found.has(each)));
}

/** Facts that are kept for chains and show no capability by themselves. */
function isSilent(effect: Effect): boolean {
  return effect.tags.includes("socket");
}
