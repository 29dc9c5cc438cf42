/** Chance that a seed decides: the same seed gives the same numbers on every machine. */

/** A source of numbers in [0, 1). */
export type Chance = () => number;

/** A generator of 32 bits of state (mulberry32): enough for choosing, and short. */
export function chance(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A whole number from `low` to `high`, both included. */
export function between(next: Chance, low: number, high: number): number {
  return low + Math.floor(next() * (high - low + 1));
}

/** One of the choices. */
export function pick<T>(next: Chance, choices: readonly T[]): T {
  return choices[between(next, 0, choices.length - 1)] as T;
}

/** A name that no program is likely to use already. */
export function freshName(next: Chance): string {
  return `_${Array.from({ length: 6 }, () => pick(next, Array.from("abcdefghjkmnpqrstuvwxyz"))).join("")}`;
}

/** The text in pieces of `low` to `high` characters (whole code points); joined they give it again. */
export function pieces(next: Chance, text: string, low: number, high: number): readonly string[] {
  const points = Array.from(text);
  const parts: string[] = [];
  for (let at = 0; at < points.length; ) {
    const length = between(next, low, high);
    parts.push(points.slice(at, at + length).join(""));
    at += length;
  }
  return parts.length === 0 ? [""] : parts;
}

/** The text in at least two pieces, where it has two characters. */
export function halves(next: Chance, text: string): readonly string[] {
  return text.length < 2 ? [text] : pieces(next, text, 1, Math.max(1, Math.floor(text.length / 2)));
}

/** ROT13 of the Latin letters. */
export function rot13(text: string): string {
  return text.replace(/[a-z]/gi, (letter) => {
    const base = letter <= "Z" ? 65 : 97;
    return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base);
  });
}
