/**
 * Text of Bash as the grammar can read it. The grammar takes some constructs apart in the wrong places; here they are written over
 * with letters, each with one, so that every position stays. The words themselves are then read from the text as it is.
 */

/** The text for the grammar: as long as the other, letter by letter. */
export function readableShell(text: string): string {
  let made = text;
  // `${v:$i:1}`: the grammar ends such a slice at the dollar.
  if (made.includes(":"))
    made = made.replace(
      /(\$\{#?[A-Za-z_]\w*(?:\[[@*\w]*\])?:)(?![-=+?])([^{}"'`()\n]*[$+*%/<>&|^~!?-][^{}"'`()\n]*)(?=\})/g,
      (_whole, head: string, operand: string) => head + operand.replace(/[^:]/g, "0"),
    );
  // `a/$b/c`: the grammar splits the word behind the dollar.
  if (made.includes("$")) made = made.replace(/(?<=[\w\-./:=,+@%])\$(?=[A-Za-z_]\w*[^\s\w"'`;|&()<>$\\}])/g, "_");
  // `{rm,-f,x}` as a command: the grammar opens a block.
  if (made.includes("{"))
    made = made.replace(
      /(^|[;&|(\n`]|\b(?:do|then|else)\b)([ \t]*)\{([^\s{}"'`;|&()<>]*,[^\s{}"'`;|&()<>]*)\}/g,
      (_whole, before: string, blanks: string, inner: string) => `${before}${blanks}_${inner.replaceAll("$", "_")}_`,
    );
  return made;
}
