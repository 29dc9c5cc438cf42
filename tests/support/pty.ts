/** A program on a real pseudo terminal, as a person has it: keys in, a screen out, a window whose size changes. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("pty.py", import.meta.url));

export interface PtyEnd {
  /** Negative for a signal. */
  readonly code: number;
  /** Whether the terminal was left as it was found: echo, lines, special characters. */
  readonly restored: boolean;
}

export interface OnPty {
  /** All that came to the screen. */
  screen(): string;
  /** Resolves when this text came to the screen after what was waited for before. */
  shows(text: string): Promise<void>;
  type(keys: string): void;
  resize(rows: number, cols: number): void;
  signal(name: NodeJS.Signals): void;
  /** Whether keys go to the program one by one and without echo. */
  isRaw(): Promise<boolean>;
  readonly done: Promise<PtyEnd>;
}

export function onPty(
  argv: readonly string[],
  options: { readonly rows: number; readonly cols: number; readonly env: Readonly<Record<string, string>> },
): OnPty {
  const child = spawn("python3", [script, String(options.rows), String(options.cols), ...argv], {
    env: { PATH: process.env["PATH"] ?? "", TERM: "xterm-256color", ...options.env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.on("error", () => {});
  let screen = "";
  let seen = 0;
  let isOver = false;
  let wake = () => {};
  let answerRaw = (_raw: boolean) => {};
  const { promise: done, resolve, reject } = Promise.withResolvers<PtyEnd>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message = JSON.parse(line) as Partial<PtyEnd> & { readonly output?: string; readonly raw?: boolean };
    if (message.output !== undefined) screen += Buffer.from(message.output, "base64").toString("latin1");
    if (message.raw !== undefined) answerRaw(message.raw);
    if (message.code !== undefined) resolve({ code: message.code, restored: message.restored === true });
    wake();
  });
  child.once("error", reject).once("close", () => {
    isOver = true;
    wake();
    reject(new Error(`the program on the terminal ended without a word: ${screen}`));
  });
  const command = (value: object) => child.stdin.write(`${JSON.stringify(value)}\n`);
  return {
    screen: () => screen,
    shows: async (text) => {
      for (;;) {
        const at = screen.indexOf(text, seen);
        if (at >= 0) {
          seen = at + text.length;
          return;
        }
        if (isOver) throw new Error(`it ended without showing ${JSON.stringify(text)}: ${JSON.stringify(screen)}`);
        await new Promise<void>((next) => (wake = next));
      }
    },
    type: (keys) => command({ keys: Buffer.from(keys).toString("base64") }),
    resize: (rows, cols) => command({ rows, cols }),
    signal: (name) => command({ signal: name }),
    isRaw: () =>
      new Promise((next) => {
        answerRaw = next;
        command({ look: true });
      }),
    done,
  };
}
