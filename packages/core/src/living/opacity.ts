/** Whether an execution can be seen in advance. Pure. */
import type { Opacity } from "../decide/judge.ts";
import type { ExecAction } from "./actions.ts";

/** Programs that run what they read when no argument names a file. A version, as in python3.11, does not count. */
const readers = new Set(
  "sh bash dash zsh ksh fish busybox python node nodejs perl ruby php lua tclsh sqlite gdb".split(" "),
);
/** Programs that start another one, which their arguments or their input name. */
const starters = new Set("env nice nohup setsid stdbuf timeout time".split(" "));

export function opacityOf(action: Pick<ExecAction, "program" | "stdin" | "terminal">): Opacity {
  if (action.terminal !== null) return "terminal";
  // The code is in the request; what such a program reads is its data.
  if (action.stdin === null || action.program.kind === "code") return null;
  return readsItsProgram(action.program.argv) ? "typed_input" : null;
}

function readsItsProgram(argv: readonly string[]): boolean {
  const [program = "", ...rest] = argv;
  const name = (program.split("/").at(-1) ?? "").replace(/[\d.]+$/, "");
  if (name === "xargs" || name === "parallel") return true;
  if (starters.has(name)) {
    const next = rest.findIndex((part) => !/^-|^\w+=|^[\d.]+[smhd]?$/.test(part));
    return next >= 0 && readsItsProgram(rest.slice(next));
  }
  return readers.has(name) && rest.every((part) => part.startsWith("-") && !/^-[a-z]*[ce]$/.test(part));
}
