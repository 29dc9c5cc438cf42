import { randomFillSync } from "node:crypto";

/** What an id names. The prefix is part of the id, so that a person who meets one knows what it is. */
export const idPrefixes = {
  sandbox: "sb",
  run: "run",
  execution: "ex",
  snapshot: "sn",
  key: "key",
  request: "req",
  webhook: "wh",
  volume: "vol",
} as const;
export type IdKind = keyof typeof idPrefixes;

/** Lower-case base32 without padding: valid in host names, cgroups and Kubernetes names. */
const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
const bytesPerId = 16;
const charsPerId = 26;

/** Random bytes are drawn for many ids at once; one call into the generator costs more than an id. */
const pool = Buffer.allocUnsafe(bytesPerId * 128);
let poolUsed = pool.length;

/** A new id of 128 random bits: a prefix, a dash and 26 base32 characters. */
export function newId(kind: IdKind): string {
  if (poolUsed >= pool.length) {
    randomFillSync(pool);
    poolUsed = 0;
  }
  const end = poolUsed + bytesPerId;
  let text = `${idPrefixes[kind]}-`;
  let bits = 0;
  let held = 0;
  while (poolUsed < end) {
    held = ((held << 8) | (pool[poolUsed] ?? 0)) & 0xffff;
    pool[poolUsed] = 0;
    poolUsed += 1;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(held >> bits) & 31];
    }
  }
  return text + alphabet[(held << (5 - bits)) & 31];
}

/** The pattern of one kind of id, for schemas. */
export function idPattern(kind: IdKind): string {
  return `^${idPrefixes[kind]}-[a-z2-7]{${charsPerId}}$`;
}

/** The pattern of ids of any of these kinds. */
export function idPatterns(kinds: readonly IdKind[]): string {
  return `^(${kinds.map((kind) => idPrefixes[kind]).join("|")})-[a-z2-7]{${charsPerId}}$`;
}

/** Whether a text has the form of an id of this kind. Says nothing about whether the thing exists. */
export function isId(kind: IdKind, text: string): boolean {
  const prefix = idPrefixes[kind];
  if (text.length !== prefix.length + 1 + charsPerId || !text.startsWith(`${prefix}-`)) return false;
  for (let i = prefix.length + 1; i < text.length; i += 1) if (!alphabet.includes(text[i] ?? "-")) return false;
  return true;
}
