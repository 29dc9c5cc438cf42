/** Members of values. */
import type { Stmt } from "../ir.ts";
import {
  anyOf,
  constantValue,
  type InstanceValue,
  isWhole,
  numberValue,
  type RefValue,
  refValue,
  textValue,
  type Value,
} from "../value.ts";
import type { OutsideCall } from "./call.ts";
import type { Dialect } from "./dialect.ts";
import { fromClass } from "./parts.ts";

/** `of.name`; `outside` makes a call of something outside, for the language to say what the member is. */
export function memberOf(of: Value, name: string, dialect: Dialect, outside: (of: RefValue) => OutsideCall): Value {
  const isPython = dialect.language === "python";
  if (name === "length" && !isPython) {
    if (of.k === "list" && !of.open) return numberValue(of.items.length);
    if (of.k === "text" && isWhole(of.text)) return numberValue(of.text.length);
  }
  if (isPython && name === "__doc__" && (of.k === "function" || of.k === "class")) return documentOf(of.form.body);
  // From any object there is a way to the interpreter's own names.
  if (isPython && of.k !== "ref" && of.k !== "choice" && interpreterNames.test(name)) {
    const any = refValue("function");
    return dialect.memberOf(outside(any), any, name);
  }
  switch (of.k) {
    case "choice":
      return anyOf(of.of.map((each) => memberOf(each, name, dialect, outside)));
    case "dict": {
      const entry = isPython ? undefined : of.entries.get(name);
      if (entry !== undefined)
        return entry.k === "function" && entry.form.self === "this" ? { ...entry, self: of } : entry;
      return refValue(`dict#${name}`, of);
    }
    case "list":
      return refValue(`list#${name}`, of);
    case "text":
      return refValue(`${of.bytes ? "bytes" : "str"}#${name}`, of);
    case "number":
      return refValue(`number#${name}`, of);
    case "ref":
      return dialect.memberOf(outside(of), of, name);
    case "function":
      return refValue(`function#${name}`, of);
    case "class":
      return fromClass(of, name) ?? refValue(`class#${name}`, of);
    case "instance":
      return ofInstance(of, name, dialect);
    case "unknown": {
      // Names of variables are written in capitals: `settings.API_KEY` is one of them, wherever the settings come from.
      const own = of.from.length > 0 && isVariable(name) ? outside(refValue("?")).partOf(of) : of;
      return refValue(`?#${name}`, own, own.from);
    }
    case "constant":
      return refValue(`?#${name}`, of, of.from);
  }
}

const interpreterNames = /^(__globals__|func_globals|f_globals|f_locals|f_builtins|__builtins__|tb_frame)$/;

/** The text that a function or a class begins with. */
export function documentOf(body: readonly Stmt[]): Value {
  const [first] = body;
  return first?.do === "expr" && first.value.op === "const" && typeof first.value.value === "string"
    ? textValue(first.value.value)
    : constantValue(null);
}

/** Whether a name is written as environment variables are. */
export function isVariable(name: string): boolean {
  return /^[A-Z][A-Z0-9_]*$/.test(name);
}

function ofInstance(of: InstanceValue, name: string, dialect: Dialect): Value {
  const field = of.fields.get(name);
  if (field !== undefined) return field;
  const found = of.of === null ? null : fromClass(of.of, name);
  if (found !== null) return found.k === "function" ? { ...found, self: of } : found;
  return dialect.instanceMember(of, name) ?? refValue(`${of.type}#${name}`, of, of.from);
}
