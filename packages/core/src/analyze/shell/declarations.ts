/** Assignments and declarations of Bash: `x=1`, `list+=(a)`, `declare -A`, `local`, `export`. */

import { concatenated } from "../evaluate/operate.ts";
import { named, type Syntax } from "../syntax.ts";
import { asText, dictValue, listValue, noOrigins, originsOf, textValue, unknownFrom, type Value } from "../value.ts";
import { elementOf, sumIn } from "./parameters.ts";
import type { Shell } from "./shell.ts";
import { assignment, expandWhole } from "./words.ts";

/** Runs an assignment; `null` for none. `flags`: how the names are declared. */
export function assigned(
  shell: Shell,
  node: Syntax,
  declared = "",
): { readonly name: string; readonly value: Value } | null {
  const found = assignment(node, shell);
  if (found === null) return null;
  const { name, index, adds } = found;
  let { value } = found;
  const before = shell.variables.get(shell.target(name));
  if (index !== null) {
    const element = adds && before !== undefined ? concatenated([elementOf(before, index, shell), value]) : value;
    shell.assignAt(name, index, element);
    return { name, value: shell.variables.get(shell.target(name)) ?? value };
  }
  if (declared.includes("n")) {
    shell.refer(name, asText(value));
    return { name, value };
  }
  const flags = declared + (shell.state.kinds.get(name) ?? "");
  if (flags.includes("A") && value.k === "list") {
    const { items } = value;
    value = dictValue(
      items.flatMap((each, at) => (at % 2 === 0 ? [[asText(each), items[at + 1] ?? textValue("")]] : [])),
    );
  } else if (flags.includes("i") && value.k === "text") value = sumIn(asText(value), shell);
  else if (/[ul]/.test(flags) && value.k === "text")
    value = { ...value, text: flags.includes("u") ? value.text.toUpperCase() : value.text.toLowerCase() };
  const whole =
    !adds || before === undefined
      ? value
      : flags.includes("i")
        ? sumIn(`${asText(before)}+${asText(value)}`, shell)
        : before.k === "list" && value.k === "list"
          ? listValue([...before.items, ...value.items], before.open || value.open, before.from)
          : before.k === "list"
            ? listValue(
                [concatenated([before.items[0] ?? textValue(""), value]), ...before.items.slice(1)],
                before.open,
                before.from,
              )
            : before.k === "dict" && value.k === "dict"
              ? dictValue([...before.entries, ...value.entries], before.open)
              : concatenated([before, value]);
  shell.assign(name, whole);
  return { name, value: whole };
}

/** Runs a declaration. */
export function declared(shell: Shell, node: Syntax): Value {
  const [keyword] = node.children;
  const whole = shell.source.slice(node.start, node.end);
  if (/^(export|declare|typeset|readonly)\s+-[xp]+\s*$|^(export|declare)\s*$/.test(whole))
    return unknownFrom([shell.emit({ kind: "environment", target: null, tags: ["read", "all"], callee: "export" })]);
  const word = keyword === undefined ? "" : shell.source.slice(keyword.start, keyword.end);
  const exports = word === "export" || /^(declare|typeset)\b.*\s-\w*x/.test(shell.source.slice(node.start, node.end));
  const flags = named(node)
    .map((each) => shell.source.slice(each.start, each.end))
    .filter((each) => /^-[A-Za-z]+$/.test(each))
    .join("");
  shell.status = true;
  for (const each of named(node)) {
    const made = each.type === "variable_assignment" ? assigned(shell, each, flags) : null;
    const declared =
      each.type === "variable_name" || each.type === "word" ? shell.source.slice(each.start, each.end) : made?.name;
    if (declared !== undefined && /[Aiul]/.test(flags)) shell.state.kinds.set(declared, flags);
    if (made === null && flags.includes("A") && each.type === "variable_name") {
      shell.put(shell.source.slice(each.start, each.end), dictValue());
      continue;
    }
    const name = made?.name ?? (each.type === "variable_name" ? shell.source.slice(each.start, each.end) : null);
    if (name === null) {
      if (each.type !== "word") expandWhole(each, shell);
      continue;
    }
    if (made === null && word === "local") shell.put(name, textValue(""));
    else if (made === null && word !== "export" && !shell.variables.has(name)) shell.put(name, textValue(""));
    if (exports) {
      shell.exported.add(name);
      shell.emit(
        {
          kind: "environment",
          target: name,
          tags: ["write"],
          callee: "export",
          data: made === null ? null : asText(made.value),
          from: made === null ? noOrigins : originsOf(made.value),
        },
        node,
      );
    }
  }
  return textValue("");
}
