/** The nearest known name, if one is near: most unknown names are misspelt ones. */
export function suggest(word: string, known: readonly string[]): string {
  let best: { readonly name: string; readonly distance: number } | null = null;
  for (const name of known) {
    const distance = editDistance(word, name);
    if (distance <= Math.max(2, word.length / 4) && (best === null || distance < best.distance))
      best = { name, distance };
  }
  return best === null ? "" : `; did you mean ${best.name}?`;
}

function editDistance(a: string, b: string): number {
  if (a.length > 128 || Math.abs(a.length - b.length) > 32) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
