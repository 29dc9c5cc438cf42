/**
 * A terminal that is ours for a while: raw keys, an own screen. It is given back as it was, however hsrctl ends, but for
 * SIGKILL.
 */

/** What undoes the modes below: the cursor is shown, attributes are off, and the screen of before is back. */
const leaveScreen = "\u001b[0m\u001b[?25h\u001b[?1049l";
const enterScreen = "\u001b[?1049h\u001b[?25l\u001b[2J";

/** Reads keys one by one, without echo, Ctrl-C as well. Disposing gives the terminal back. */
export function rawKeys(input: NodeJS.ReadStream, onKeys: (keys: Buffer) => void): Disposable {
  const wasRaw = input.isRaw;
  const restore = () => {
    if (input.isTTY) input.setRawMode(wasRaw);
  };
  input.setRawMode(true);
  process.on("exit", restore);
  input.on("data", onKeys);
  return {
    [Symbol.dispose]() {
      input.off("data", onKeys);
      input.pause();
      restore();
      process.off("exit", restore);
    },
  };
}

/** A screen of its own, so that what was there before comes back. */
export function ownScreen(output: NodeJS.WriteStream): Disposable & { draw(text: string): void } {
  const restore = () => output.write(leaveScreen);
  output.write(enterScreen);
  process.on("exit", restore);
  return {
    /** Draws from the upper left, clearing what was there line by line, so that nothing flickers. */
    draw: (text) => {
      const lines = text
        .split("\n")
        .slice(0, output.rows - 1)
        .map((line) => line.slice(0, output.columns));
      output.write(`\u001b[H${lines.map((line) => `${line}\u001b[K\r\n`).join("")}\u001b[J`);
    },
    [Symbol.dispose]() {
      restore();
      process.off("exit", restore);
    },
  };
}
