/**
 * The analysis of one request: what is read, in which language, and what is seen. Synchronous and pure but for the parser that it
 * is given. What the facts weigh is for the rules to say.
 */
import { type LanguageName, languageNames, type RiskCapability, riskCapabilityNames } from "@hsr/contract";
import { languages } from "../languages.ts";
import type { AnalyzeInput } from "./analyze.ts";
import { formOf } from "./binary.ts";
import { codeIn, type GivenFile, gather, noteMachineCode, type Remark, remark } from "./contents.ts";
import { type Effect, effectKinds, type Spot } from "./effects.ts";
import { readEnvironment } from "./environment/read.ts";
import { Evaluation } from "./evaluate/evaluation.ts";
import { javaScript } from "./evaluate/javascript.ts";
import { python } from "./evaluate/python.ts";
import { isSame, languageOfFile, languageOfText } from "./language.ts";
import { madeName } from "./made-names.ts";
import { plainPath } from "./paths.ts";
import { placesOf } from "./places.ts";
import { type ReadCode, Session, type Unit } from "./session.ts";
import { readBash, readCommand } from "./shell/index.ts";
import { isKnownTool } from "./shell/tools.ts";
import { type Parse, rememberingLast } from "./syntax.ts";
import { textOf } from "./text.ts";
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

export interface InspectOptions {
  readonly parse: Parse;
  /** Texts that are larger are not read. */
  readonly mostBytes: number;
}

const evaluated =
  (dialect: typeof python): ReadCode =>
  (session, unit) => {
    session.madeName ??= madeNameIn(unit);
    new Evaluation(session, unit, dialect).program(dialect.lower(session.tree(unit)));
  };

const readers: Readonly<Record<LanguageName, ReadCode>> = {
  python: evaluated(python),
  javascript: evaluated(javaScript),
  typescript: evaluated(javaScript),
  bash: readBash,
};

function madeNameIn(unit: Unit): Spot | null {
  const found = madeName(unit.text);
  if (found === null) return null;
  if (unit.fixed !== null) return unit.fixed;
  const before = unit.text.slice(0, found.at).split("\n");
  return { file: unit.file, line: before.length, column: (before.at(-1) ?? "").length + 1, evidence: found.name };
}

/** More characters than this share that no grammar can read: the text is not what it seems. */
const mostWrongShare = 0.15;
/** Entropy in bits per byte from which data is packed or encrypted. */
const packedEntropy = 7.2;

export function inspect(input: AnalyzeInput, given: InspectOptions): Inspection {
  const options = { ...given, parse: rememberingLast(given.parse) };
  const remarks: Remark[] = [];
  const { program } = input;
  const files = gather(input, remarks);
  const session = new Session(options.parse, files.byPath, readers, isKnownTool);
  const declared = program.kind === "code" && isLanguage(program.language) ? program.language : null;
  // The program is a file too, which it may read, or run as another language.
  const main = mainFile(declared);
  if (program.kind === "code" && main !== null) files.byPath.set(main, program.code);
  session.given = {
    environment: input.environment,
    args: program.kind === "code" ? program.args : null,
    stdin: input.stdin === null ? null : textOf(input.stdin).text,
    program: main,
  };
  let found: LanguageName | null = declared;
  if (program.kind === "code" && declared !== null)
    found = readProgram(session, program.code, declared, options, remarks);
  else if (program.kind === "argv") found = readArgv(session, program.argv, input.stdin);
  else if (program.kind === "code") {
    session.unknownLang = true;
    remarks.push(remark("unknown-language", null, program.language));
  }
  readEnvironment(session, input.environment);
  readFiles(session, files.all, options, remarks);
  if (session.madeName !== null)
    remarks.push({ what: "made-names", place: session.madeName, evidence: session.madeName.evidence });
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
    effects: withMounts(session.effects, input.mounts ?? []),
    capabilities: capabilitiesOf(session, remarks),
    language: { declared, found },
    binary: session.binary,
    unknownLang: session.unknownLang,
    remarks,
  };
}

/** Notes of each effect on a file whether it lies in a mount, or is all of one. */
function withMounts(effects: readonly Effect[], mounts: NonNullable<AnalyzeInput["mounts"]>): readonly Effect[] {
  if (mounts.length === 0) return effects;
  const targets = mounts.map((each) => plainPath(each.target));
  return effects.map((effect) => {
    const { target, tags } = effect;
    if (target === null || !["read", "list", "write", "delete"].includes(effect.kind)) return effect;
    const path = plainPath(target);
    const mount = targets.find((each) => path === each || path.startsWith(`${each}/`));
    if (mount === undefined) return effect;
    const isWhole = /^(\/[*.?]*)?$/.test(path.slice(mount.length));
    return { ...effect, tags: [...tags, "mounted", ...(isWhole ? ["whole-mount"] : [])] };
  });
}

function isLanguage(name: string): name is LanguageName {
  const known: readonly string[] = languageNames;
  return known.includes(name);
}

function mainFile(language: LanguageName | null): string | null {
  return language === null ? null : languages[language].mainFile;
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
  const text = codeIn(session, code, file, declared, remarks);
  if (text === null) {
    // An archive as a program: its members were read.
    if (formOf(code).kind === "archive") remarks.push(remark("unknown-language", file, "archive"));
    return null;
  }
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
function readFiles(session: Session, files: readonly GivenFile[], options: InspectOptions, remarks: Remark[]): void {
  let total = 0;
  for (const file of files) {
    const { path, content, mode } = file;
    const form = formOf(content);
    const isRunnable = (mode & 0o111) !== 0;
    if (form.kind === "archive") continue;
    if (form.kind !== "text" && form.kind !== "data") {
      noteMachineCode(session, form, path, remarks);
      continue;
    }
    const isCode =
      /\.(py|pyw|[jt]s|[mc][jt]s|jsx|sh|bash|zsh|pth)$/.test(path) || isRunnable || startsLikeScript(content);
    const wasRead = session.isVisited(path);
    if (!isCode && !wasRead) {
      if (form.kind === "data" && form.entropy > packedEntropy && content.length > 1024)
        remarks.push(remark("packed", path, `${form.entropy.toFixed(1)} bits per byte`));
      continue;
    }
    if (!wasRead) total += content.length;
    if (content.length > options.mostBytes || total > 2 * options.mostBytes) {
      remarks.push(remark(file.isMember ? "archive" : "oversize", path, `${content.length} bytes`));
      continue;
    }
    const text = codeIn(session, content, path, languageOfFile(path, ""), remarks);
    const language = text === null ? null : languageOfFile(path, text);
    session.visit(path, language);
    if (text === null || wasRead) continue;
    if (language === null) {
      session.unknownLang = true;
      remarks.push(remark("unknown-language", path, text.slice(0, 80)));
    } else session.readers[language](session, { language, text, file: path, layer: 0, fixed: null });
  }
}

function startsLikeScript(content: Uint8Array): boolean {
  const at = content[0] === 0xef && content[1] === 0xbb && content[2] === 0xbf ? 3 : 0;
  return content[at] === 0x23 && content[at + 1] === 0x21;
}

/** Remarks that are no gap in what was read. */
const seenWhole: readonly Remark["what"][] = [
  "packed",
  "made-names",
  "language-mismatch",
  "binary",
  "hidden-characters",
];

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
    remarks.some(
      (each) => !seenWhole.includes(each.what) && !(each.what === "encoding" && each.evidence !== "other"),
    ) ||
    session.cut
  )
    found.add("unanalysable");
  return new Set(riskCapabilityNames.filter((each) => found.has(each)));
}

/** Facts that are kept for chains and show no capability by themselves. */
function isSilent(effect: Effect): boolean {
  return effect.tags.includes("socket") || effect.tags.includes("given");
}
