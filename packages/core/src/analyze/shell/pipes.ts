/** Process substitutions: names of files whose content a command prints. */
import { instanceValue, originsOf, unknown, type Value } from "../value.ts";

/** What `<(…)` gives: a path whose content is what the command prints. */
export function pipeOf(content: Value): Value {
  return instanceValue("pipe", originsOf(content), [["content", content]]);
}

/** What is read from a pipe; `null` for anything else. */
export function contentOfPipe(value: Value): Value | null {
  return value.k === "instance" && value.type === "pipe" ? (value.fields.get("content") ?? unknown) : null;
}
