/** Reading Bash: the whole language as one function, for whoever has a text or a command line. */
import type { Spot } from "../effects.ts";
import type { ReadCode, Session, Unit } from "../session.ts";
import { listValue, textValue, type Value } from "../value.ts";
import { Shell, treeOf } from "./shell.ts";

/** Reads a script. */
export const readBash: ReadCode = (session, unit) => {
  const shell = new Shell(session, unit, false);
  const { program, args, stdin } = session.given;
  const isProgram = unit.layer === 0 && unit.file !== null && unit.file === program;
  if (isProgram && args !== null && args.length > 0) shell.positional = listValue(args.map((each) => textValue(each)));
  shell.program(treeOf(session, unit), isProgram && stdin !== null ? textValue(stdin) : null);
};

/** Reads a text that a program of another language gives to a shell. */
export function readShellText(session: Session, within: Unit, at: Spot, text: string): Value | null {
  if (!session.mayRead(text, within.layer)) return null;
  const unit = session.inner("bash", text, within.file, within.layer, at);
  const before = session.folder;
  const output = new Shell(session, unit, true).program(treeOf(session, unit));
  session.folder = before;
  return output;
}

/** Reads a command that is given as words, as `execve` gets it. */
export function readCommand(
  session: Session,
  within: Unit,
  at: Spot,
  words: readonly Value[],
  stdin: Value | null = null,
): Value {
  const unit: Unit = { language: "bash", text: "", file: within.file, layer: within.layer, fixed: at };
  return new Shell(session, unit, true).execute(words, stdin, null);
}
