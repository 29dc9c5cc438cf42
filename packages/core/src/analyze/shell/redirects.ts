/** Redirections of Bash: what a command reads instead of its input, and where what it prints goes. */

import { concatenated } from "../evaluate/operate.ts";
import { child, named, ofType, type Syntax } from "../syntax.ts";
import { asText, textValue, unknownFrom, type Value } from "../value.ts";
import { contentOfPipe } from "./pipes.ts";
import type { Shell } from "./shell.ts";
import { expandWhole } from "./words.ts";

/** Runs a statement with its redirections, and gives what it still prints. */
export function redirected(shell: Shell, node: Syntax, stdin: Value | null): Value {
  let input = stdin;
  let isTied = false;
  const outputs: { readonly path: Value; readonly tags: readonly string[] }[] = [];
  const after: Syntax[] = [];
  const redirects = named(node).filter((each) => each.field === "redirect" || each.type.endsWith("_redirect"));
  const give = (at: Syntax, content: Value): void => {
    const descriptor = child(at, "descriptor");
    const number = descriptor === null ? "0" : shell.source.slice(descriptor.start, descriptor.end);
    if (number === "0") input = content;
    else if (number.startsWith("{")) {
      shell.descriptors.set("10", content);
      shell.put(number.slice(1, -1), textValue("10"));
    } else shell.descriptors.set(number, content);
  };
  const visit = (each: Syntax): void => {
    if (each.type === "heredoc_redirect") {
      const body = ofType(each, "heredoc_body");
      const start = ofType(each, "heredoc_start");
      const isRaw = start !== null && /["'\\]/.test(shell.source.slice(start.start, start.end));
      if (body !== null)
        give(each, isRaw ? textValue(shell.source.slice(body.start, body.end)) : expandWhole(body, shell));
      for (const inner of named(each)) {
        if (inner.type === "pipeline" || inner.type === "command" || inner.type === "list") after.push(inner);
        else if (inner.type === "file_redirect") visit(inner);
      }
    } else if (each.type === "herestring_redirect") {
      const word = named(each).at(-1);
      if (word !== undefined) give(each, withNewline(expandWhole(word, shell)));
    } else if (each.type === "file_redirect") {
      const target = child(each, "destination");
      if (target === null) return;
      const sign = each.children.find((one) => !one.named && one.field !== "descriptor");
      const text = sign === undefined ? ">" : shell.source.slice(sign.start, sign.end);
      const path = expandWhole(target, shell);
      if (text.startsWith("<")) {
        const name = asText(path);
        // The grammar takes `3<<< text` apart.
        if (/<<<$/.test(shell.source.slice(each.start, target.start).trimEnd())) give(each, withNewline(path));
        else if (target.type === "process_substitution") give(each, contentOfPipe(path) ?? path);
        else if (/^\/dev\/(tcp|udp)\//.test(name))
          give(each, unknownFrom([shell.emit({ kind: "connect", target: name, tags: ["raw"], callee: "<" })]));
        else if (text === "<&") {
          const held = shell.descriptors.get(name.replace(/-$/, ""));
          if (held !== undefined) give(each, held);
        } else give(each, shell.readFile(path, "<"));
        if (each.children.some((one) => one.type === "ERROR") && /^\/dev\/(tcp|udp)\//.test(name))
          shell.emit({ kind: "connect", target: name, tags: ["raw"], callee: "<>" });
        const descriptor = child(each, "descriptor");
        if (text === "<&" && !/^[012-]$/.test(name)) isTied = true;
        if (descriptor !== null) shell.state.opened.set(shell.source.slice(descriptor.start, descriptor.end), name);
      } else if (text === ">&" && shell.state.opened.has(asText(path))) {
        isTied = true;
        outputs.push({ path: textValue(shell.state.opened.get(asText(path)) ?? ""), tags: [] });
      } else if (text !== ">&" || !/^(\d+|-)$/.test(asText(path))) {
        const descriptor = child(each, "descriptor");
        const number = descriptor === null ? "1" : shell.source.slice(descriptor.start, descriptor.end);
        if (number === "1" || text === "&>" || text === ">&" || text === "&>>")
          outputs.push({ path, tags: text.includes(">>") ? ["append"] : [] });
        else shell.writeFile(path, null, text, []);
      }
    }
  };
  const body = child(node, "body") ?? named(node).find((each) => !redirects.includes(each)) ?? null;
  // `exec 3< file` holds from there on, `read -u 3 3< file` for the command.
  const opens = body !== null && /^\s*exec\s*$/.test(shell.source.slice(body.start, body.end));
  const before = opens ? null : new Map(shell.descriptors);
  for (const each of redirects) visit(each);
  const wasTied = shell.isTied;
  if (isTied) shell.isTied = true;
  let output: Value =
    body === null
      ? (input ?? textValue(""))
      : interactive(
          shell,
          body,
          input,
          outputs.map(({ path }) => asText(path)),
        );
  shell.isTied = wasTied;
  if (before !== null && !hasSame(before, shell.descriptors)) {
    shell.descriptors.clear();
    for (const [number, content] of before) shell.descriptors.set(number, content);
  }
  for (const { path, tags } of outputs) shell.writeFile(path, output, ">", tags);
  if (outputs.length > 0) output = textValue("");
  for (const each of after) output = shell.statement(each, output);
  return output;
}

/** A shell whose streams are a connection is somebody else's. */
function interactive(shell: Shell, body: Syntax, input: Value | null, outputs: readonly string[]): Value {
  const raw = outputs.find((each) => /^\/dev\/(tcp|udp)\//.test(each));
  const text = shell.source.slice(body.start, body.end);
  if (raw !== undefined && /(^|[\s/])(ba|z|da|k|c)?sh\b/.test(text)) {
    const index = shell.emit({ kind: "connect", target: raw, tags: ["raw", "shell"], callee: "/dev/tcp" });
    return shell.statement(body, unknownFrom([index]));
  }
  return shell.statement(body, input);
}

/** What is read from `<<<`: the word, and the end of the line. */
export function withNewline(word: Value): Value {
  return concatenated([word, textValue("\n")]);
}

function hasSame(a: ReadonlyMap<string, Value>, b: ReadonlyMap<string, Value>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}
