/**
 * Python programs of a size, to measure speed with. Each is made of whole harmless programs in an order of its own and cut between
 * two statements, so that it can be parsed to its end; no two are the same, so that nothing is known already.
 */
import { chance, pick } from "../../tests/support/obfuscate/random.ts";
import { isWhole } from "./read.ts";
import { harmlessPrograms } from "./sets.ts";

/** Shorter ones do not count: the size is what is promised. */
const leastShare = 0.9;

export function pythonPrograms(bytes: number, count: number): readonly string[] {
  const sources = harmlessPrograms()
    .filter(({ language, code }) => language === "python" && isWhole("python", code))
    .map(({ code }) => code);
  const found: string[] = [];
  for (let seed = 1; found.length < count && seed < 100 * count; seed += 1) {
    const next = chance(seed * 7919 + bytes);
    let text = `# ${seed}\n`;
    while (text.length < bytes) text += `${pick(next, sources)}\n`;
    const cut = cutBetweenStatements(text, bytes);
    if (cut !== null && Buffer.byteLength(cut) >= bytes * leastShare) found.push(cut);
  }
  return found;
}

/** The text up to the last line that begins a statement of the module, within so many characters. */
function cutBetweenStatements(text: string, most: number): string | null {
  const starts = [...text.slice(0, most).matchAll(/\n(?=[A-Za-z_@#])/g)].map(({ index }) => index + 1);
  for (const start of starts.reverse().slice(0, 8)) {
    const cut = text.slice(0, start);
    if (isWhole("python", cut)) return cut;
  }
  return null;
}
