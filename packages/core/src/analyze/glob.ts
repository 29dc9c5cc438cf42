/** Patterns as the shell writes them (`*`, `?`, `[a-z]`), as regular expressions. */

/** What the signs of a pattern stand for: in a path they stop at a slash, in a text they do not. */
export interface GlobSigns {
  readonly any: string;
  readonly one: string;
}

export const pathSigns: GlobSigns = { any: "[^/]*", one: "[^/]" };

/** Longer patterns, and those with more stars, are not tried: a regular expression could take for ever. */
const longest = 200;

/** The source of a regular expression for a pattern; `null` for one that is not to be tried. A `[` that nothing closes is itself. */
export function globSource(pattern: string, signs: GlobSigns, mostStars: number): string | null {
  if (pattern.length > longest || (pattern.match(/\*+/g) ?? []).length > mostStars) return null;
  let source = "";
  for (let at = 0; at < pattern.length; at++) {
    const sign = pattern.charAt(at);
    if (sign === "*") {
      if (pattern.charAt(at + 1) !== "*") source += signs.any;
    } else if (sign === "?") source += signs.one;
    else if (sign === "[") {
      const set = /^\[([!^]?)(\]?(?:\[:\w+:\]|[^\]])*)\]/.exec(pattern.slice(at));
      const inside = set === null ? null : setSource(set[2] ?? "");
      if (set === null || inside === null) source += "\\[";
      else {
        source += `[${set[1] === "" ? "" : "^"}${inside}]`;
        at += set[0].length - 1;
      }
    } else source += sign.replace(/[.+^${}()|\]\\/-]/, "\\$&");
  }
  return source;
}

const classes: Readonly<Record<string, string>> = {
  alpha: "a-zA-Z",
  digit: "0-9",
  alnum: "a-zA-Z0-9",
  lower: "a-z",
  upper: "A-Z",
  space: "\\s",
  punct: "!-\\/:-@\\[-`{-~",
  xdigit: "0-9a-fA-F",
};

/** What stands between brackets, with ranges that run the right way; `null` where it means nothing. */
function setSource(inside: string): string | null {
  if (inside === "") return null;
  let source = "";
  const parts = inside.matchAll(/\[:(\w+):\]|([^])-([^])|([^])/g);
  for (const [, name, from, to, single] of parts) {
    if (name !== undefined) {
      const known = classes[name];
      if (known === undefined) return null;
      source += known;
    } else if (from !== undefined && to !== undefined) {
      if (from > to) return null;
      source += `${from.replace(/[\\\]^-]/, "\\$&")}-${to.replace(/[\\\]^-]/, "\\$&")}`;
    } else source += (single ?? "").replace(/[\\\]^-]/, "\\$&");
  }
  return source;
}
