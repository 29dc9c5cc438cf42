/** The lines by which two texts differ, in order, with the lines around them: what `diff -u` shows, without its numbers. */

/** Unchanged lines that are shown around a change. */
const CONTEXT_LINES = 2;

export interface DiffLine {
  readonly kind: "same" | "removed" | "added" | "gap";
  readonly text: string;
}

export function lineDiff(before: string, after: string): readonly DiffLine[] {
  const a = lines(before);
  const b = lines(after);
  return withContext(merge(a, b, commonLengths(a, b)));
}

function lines(text: string): readonly string[] {
  return text.replace(/\n$/, "").split("\n");
}

/** For each pair of positions, how many lines the rests have in common: the classic table, filled from the end. */
function commonLengths(a: readonly string[], b: readonly string[]): readonly Uint32Array[] {
  const table = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    const row = table[i];
    const below = table[i + 1];
    if (row === undefined || below === undefined) continue;
    for (let j = b.length - 1; j >= 0; j -= 1)
      row[j] = a[i] === b[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
  }
  return table;
}

function merge(a: readonly string[], b: readonly string[], common: readonly Uint32Array[]): readonly DiffLine[] {
  const merged: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      merged.push({ kind: "same", text: a[i] ?? "" });
      i += 1;
      j += 1;
    } else if (j >= b.length || (i < a.length && (common[i + 1]?.[j] ?? 0) >= (common[i]?.[j + 1] ?? 0))) {
      merged.push({ kind: "removed", text: a[i] ?? "" });
      i += 1;
    } else {
      merged.push({ kind: "added", text: b[j] ?? "" });
      j += 1;
    }
  }
  return merged;
}

function withContext(all: readonly DiffLine[]): readonly DiffLine[] {
  const near = all.map((_, at) =>
    all.slice(Math.max(0, at - CONTEXT_LINES), at + CONTEXT_LINES + 1).some((line) => line.kind !== "same"),
  );
  return all.flatMap((line, at) => {
    if (near[at]) return [line];
    return near[at - 1] ? [{ kind: "gap", text: "" } as const] : [];
  });
}
