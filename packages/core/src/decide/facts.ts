/** What a policy can look at: everything that is known of a request, without its code. */
import { mountNames } from "../acquire/mounts.ts";
import type { RunAction, RunInput } from "../action.ts";
import type { RiskReport } from "../analyze/report.ts";
import type { Limits } from "../types.ts";
import type { NumberFact, TextFact } from "./policy.ts";
import { type FlagFact, type LimitField, type ListFact, limitFields, type NetworkMode } from "./policy.ts";

/** The doors that a request can come through, as a policy names them. */
export const doors = ["rest"] as const;
export type Door = (typeof doors)[number];

/** What a request asks for besides limits and isolation. Kept in the audit log: it holds no code, value or secret. */
export interface RequestFacts {
  readonly tenant: string;
  readonly door: Door;
  /** The language that the request names; `null` when it gave argv, or no program at all. */
  readonly language: string | null;
  readonly image: string | null;
  readonly network: NetworkMode;
  /** Folders of the operator's list that are asked for, by their names, and `volume:` with the names of volumes. */
  readonly mounts: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Whether things may be executed that cannot be judged when they come. */
  readonly opaque: boolean;
  /** Whether a file of it is machine code, by its first bytes. What the analyzer says goes before this. */
  readonly binary: boolean;
  /** Whether it is not known what language will run. What the analyzer says goes before this. */
  readonly unknownLang: boolean;
}

/** The facts of one decision, ready to be matched. `null` means that nobody knows. */
export interface Facts {
  readonly texts: Readonly<Record<TextFact, string | null>>;
  readonly flags: Readonly<Record<FlagFact, boolean>>;
  readonly lists: Readonly<Record<ListFact, readonly string[] | null>>;
  readonly numbers: Readonly<Record<NumberFact, number | null>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** First bytes of programs and libraries: ELF, WebAssembly, PE, and Mach-O in both byte orders, one or many architectures. */
const magics: readonly (readonly number[])[] = [
  [0x7f, 0x45, 0x4c, 0x46],
  [0x00, 0x61, 0x73, 0x6d],
  [0x4d, 0x5a],
  [0xfe, 0xed, 0xfa, 0xce],
  [0xfe, 0xed, 0xfa, 0xcf],
  [0xce, 0xfa, 0xed, 0xfe],
  [0xcf, 0xfa, 0xed, 0xfe],
  [0xca, 0xfe, 0xba, 0xbe],
];

function isMachineCode(bytes: Uint8Array): boolean {
  return magics.some((magic) => magic.every((byte, at) => bytes[at] === byte));
}

/** Whether bytes that are known with a request are machine code. */
export function hasBinary(input: Pick<RunInput, "program" | "files" | "stdin">): boolean {
  const texts = input.files.map((file) => file.content);
  if (input.program.kind === "code") texts.push(input.program.code);
  if (input.stdin !== null) texts.push(input.stdin);
  return texts.some(isMachineCode);
}

/** The facts of a request for one run. */
export function requestFacts(action: RunAction): RequestFacts {
  const { program } = action.input;
  return {
    tenant: action.tenant,
    door: action.door,
    language: program.kind === "code" ? program.language : null,
    image: null,
    network: "none",
    mounts: mountNames(action.wishes),
    labels: action.labels,
    opaque: false,
    binary: hasBinary(action.input),
    unknownLang: program.kind === "argv",
  };
}

/** Puts what is known together. Nothing is guessed: what the analyzer did not look at is unknown, not harmless. */
export function factsOf(request: RequestFacts, risk: RiskReport, limits: Limits): Facts {
  const found = risk.analyzed ? risk.language.found : null;
  const limitFact = (field: LimitField) => [`limits.${field}`, limits[limitFields[field].key]] as const;
  return {
    texts: {
      lang: request.language ?? found ?? "unknown",
      risk: risk.analyzed ? risk.level : "unknown",
      network: request.network,
      image: request.image ?? "",
      tenant: request.tenant,
      door: request.door,
    },
    flags: {
      binary: risk.analyzed ? risk.binary || request.binary : request.binary,
      unknown_lang: risk.analyzed ? risk.unknownLang : request.unknownLang,
      opaque: request.opaque,
      mounted: request.mounts.length > 0,
      networked: request.network !== "none",
      imaged: request.image !== null,
    },
    lists: {
      findings: risk.analyzed ? risk.findings.map((finding) => finding.id) : null,
      capabilities: risk.analyzed ? risk.capabilities : null,
      mounts: request.mounts,
    },
    numbers: {
      score: risk.analyzed ? risk.score : null,
      ...(Object.fromEntries((Object.keys(limitFields) as LimitField[]).map(limitFact)) as Record<
        `limits.${LimitField}`,
        number
      >),
    },
    labels: request.labels,
  };
}
