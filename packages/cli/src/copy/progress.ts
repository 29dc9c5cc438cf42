/** How far a copy is, on one line of a terminal; nothing where there is none. */
import { showBytes } from "../units.ts";

const everyMs = 100;

export interface Progress extends Disposable {
  add(bytes: number): void;
}

/** `total` is null where nobody knows how much there is. */
export function showProgress(output: NodeJS.WriteStream, total: number | null): Progress {
  if (!output.isTTY) return { add: () => {}, [Symbol.dispose]: () => {} };
  const from = performance.now();
  let bytes = 0;
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    add: (more) => {
      bytes += more;
      const now = performance.now();
      if (now - shownAt < everyMs) return;
      shownAt = now;
      const speed = now - from < 500 ? "" : `, ${showBytes(Math.round((bytes * 1000) / (now - from)))}/s`;
      const part = total === null || total === 0 ? "" : ` of ${showBytes(total)}`;
      output.write(`\r${showBytes(bytes)}${part}${speed}\u001b[K`);
    },
    [Symbol.dispose]: () => {
      output.write("\r\u001b[K");
    },
  };
}
