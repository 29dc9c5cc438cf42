/** Names that no person writes: a tool gave them, so that the program cannot be read. */

/** How such tools name things; each with how many different ones make it certain. */
const forms: readonly { readonly pattern: RegExp; readonly distinct: number }[] = [
  // Hexadecimal numbers.
  { pattern: /\b_0x[0-9a-f]{4,}\b/g, distinct: 6 },
  // Signs that look like each other.
  { pattern: /\b[IlO][Il1O0]{5,}\b/g, distinct: 4 },
  { pattern: /\b[oO][oO0]{5,}\b/g, distinct: 4 },
  // Nothing but underscores, in many lengths.
  { pattern: /(?<![\w$.])_{3,}(?![\w$])/g, distinct: 4 },
];
/** Names longer than this are data. */
const longest = 64;

/** The first of the names that a tool made in a text, where there are so many that it was a tool; else `null`. */
export function madeName(text: string): { readonly name: string; readonly at: number } | null {
  for (const { pattern, distinct } of forms) {
    const seen = new Set<string>();
    let first: { readonly name: string; readonly at: number } | null = null;
    for (const match of text.matchAll(pattern)) {
      if (match[0].length > longest) continue;
      first ??= { name: match[0], at: match.index };
      if (seen.add(match[0]).size >= distinct) return first;
    }
  }
  return null;
}
