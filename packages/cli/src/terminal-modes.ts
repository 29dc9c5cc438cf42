/**
 * What a program in a sandbox has switched in our terminal, so that it can be switched back when we leave: the program may be
 * in the middle of its screen, or may never have meant to clean up.
 */

/** Private modes that are off in a terminal at rest. The alternate screens come first: what lies on them goes with them. */
const offAtRest = [1049, 1047, 47, 1, 9, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 2004, 2026];
/** Those that are on. */
const onAtRest = [25, 7];

const sequences = new RegExp(
  [
    "\\x1b\\[\\?([\\d;]{1,64})([hl])", // private modes
    "\\x1b\\[[\\d;]*(r)", // margins
    "\\x1b\\[\\d* (q)", // the cursor's form
    "\\x1b\\[>[\\d;]*(u)", // the keyboard's protocol
    "\\x1b(=)", // the keypad
    "\\x1b(c)", // reset
  ].join("|"),
  "g",
);
/** No sequence above is longer. */
const longest = 80;

export class TerminalModes {
  readonly #changed = new Map<number, boolean>();
  readonly #others = new Set<string>();
  #rest = "";

  /** Looks at output as it passes; sequences may be split between two pieces. */
  see(bytes: Uint8Array): void {
    const text = this.#rest + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
    let end = 0;
    for (const found of text.matchAll(sequences)) {
      end = found.index + found[0].length;
      const [, modes, onOrOff, ...others] = found;
      for (const mode of modes?.split(";") ?? []) this.#changed.set(Number(mode), onOrOff === "h");
      const other = others.find((one) => one !== undefined);
      if (other === "c") {
        this.#changed.clear();
        this.#others.clear();
      } else if (other !== undefined) this.#others.add(other);
    }
    const last = text.lastIndexOf("\u001b");
    this.#rest = last >= end && text.length - last < longest ? text.slice(last) : "";
  }

  /** What brings the terminal to rest. */
  undo(): string {
    const off = offAtRest.filter((mode) => this.#changed.get(mode) === true).map((mode) => `\u001b[?${mode}l`);
    const on = onAtRest.filter((mode) => this.#changed.get(mode) === false).map((mode) => `\u001b[?${mode}h`);
    return [
      ...off,
      ...on,
      // Setting margins moves the cursor, so its place is kept.
      this.#others.has("r") ? "\u001b7\u001b[r\u001b8" : "",
      this.#others.has("q") ? "\u001b[0 q" : "",
      this.#others.has("u") ? "\u001b[<99u" : "",
      this.#others.has("=") ? "\u001b>" : "",
      // A sequence that was cut off would swallow what follows: CAN ends it. Then colours and the character set.
      "\u0018\u001b[0m\u001b(B\u000f",
    ].join("");
  }
}
