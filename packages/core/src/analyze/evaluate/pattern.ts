/**
 * Regular expressions of the program that are applied to its own constants. They are hostile: only those are taken whose work grows
 * slowly with the text, and the longer the text the plainer they have to be.
 */

/** Characters that a text may have, by how many parts of the expression repeat without end. */
const mostChars = [100_000, 16_000, 300] as const;
const mostPattern = 400;

/** The expression as JavaScript reads it; `null` where it may not be applied to a text of this length. */
export function safePattern(source: string, flags: string, chars: number): RegExp | null {
  if (source.length > mostPattern || /\\[1-9pPk]|\(\?(?!:)/.test(source)) return null;
  const loops = repeats(source);
  if (loops === null || chars > (mostChars[loops] ?? 0)) return null;
  try {
    return new RegExp(source, flags.replace(/[^gimsuy]/g, ""));
  } catch {
    // Not an expression that JavaScript knows: it is not applied.
    return null;
  }
}

/** How many parts repeat without end; `null` where a group repeats, which may take time without end. */
function repeats(source: string): number | null {
  let loops = 0;
  let inClass = false;
  let before = "";
  for (let at = 0; at < source.length; at += 1) {
    const letter = source[at] ?? "";
    if (letter === "\\") {
      at += 1;
      before = "a";
      continue;
    }
    if (inClass) {
      if (letter === "]") inClass = false;
      before = "a";
    } else if (letter === "[") inClass = true;
    else if (letter === "*" || letter === "+" || letter === "{") {
      const bounds = letter === "{" ? /^\{(\d*)(,?)(\d*)\}/.exec(source.slice(at)) : null;
      if (letter === "{" && bounds === null) {
        before = "a";
        continue;
      }
      if (before === ")") return null;
      const isOpen = bounds === null || (bounds[2] === "," && bounds[3] === "");
      if (isOpen) loops += 1;
      else if (Number(bounds?.[3] === "" ? bounds[1] : bounds?.[3]) > 64 && bounds?.[2] === ",") return null;
      if (bounds !== null) at += bounds[0].length - 1;
      before = "a";
    } else before = letter;
  }
  return loops;
}

/** An expression of Python as JavaScript writes it. */
export function fromPython(source: string): string {
  return source
    .replace(/\(\?P</g, "(?<")
    .replace(/\\A/g, "^")
    .replace(/\\Z/g, "$");
}
