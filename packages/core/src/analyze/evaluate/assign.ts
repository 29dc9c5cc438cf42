/** Assignments: to names, members and items, and to patterns of them. */
import type { Expr } from "../ir.ts";
import { madeOf } from "../self-made.ts";
import {
  anyOf,
  asText,
  isWhole,
  joinDisguise,
  joinOrigins,
  listValue,
  originsOf,
  type Scope,
  type TextValue,
  textValue,
  unknown,
  unknownFrom,
  type Value,
} from "../value.ts";
import type { Frame, Walk } from "./frame.ts";
import { itemsOf } from "./operate.ts";
import { homeOf, someItem } from "./parts.ts";

/** A parameter or a declared name always belongs to its function, also where a name around it is the same. */
export function declare(target: Expr, value: Value, frame: Frame, walk: Walk): void {
  if (target.op === "name") frame.scope.names.set(target.name, value);
  else assign(target, value, frame, walk);
}

export function assign(target: Expr, value: Value, frame: Frame, walk: Walk): void {
  const { language } = walk.dialect;
  switch (target.op) {
    case "name": {
      const { names } = homeOf(target.name, frame.scope, language);
      const before = names.get(target.name);
      // A function may be called or not, at any time: what it sets outside of itself is one of what may be there.
      const isSure =
        names === frame.scope.names || frame.isSure === true || before === undefined || isFunction(before, value);
      names.set(target.name, isSure ? value : anyOf([value, before]));
      return;
    }
    case "attr": {
      const of = walk.value(target.of, frame);
      if (of.k === "ref" && of.name !== "scope" && programScopes.has(of.name)) {
        outermost(frame.scope).names.set(target.name, value);
        return;
      }
      walk.setMember(of, target.name, value, target);
      return;
    }
    case "item": {
      const of = walk.value(target.of, frame);
      const key = walk.value(target.key, frame);
      if (of.k === "list" && key.k === "number" && key.n >= 0 && key.n < of.items.length) of.items[key.n] = value;
      else if (of.k === "dict" && (key.k === "text" || key.k === "number")) of.entries.set(asText(key), value);
      else if (of.k === "text") assign(target.of, withByte(of, key, value), frame, walk);
      else if (of.k === "ref" && key.k === "text" && programScopes.has(of.name))
        outermost(frame.scope).names.set(key.text, value);
      else if (of.k === "list" || of.k === "dict") {
        of.open = true;
        if (of.k === "list") of.from = joinOrigins(of.from, originsOf(value));
      } else walk.setMember(of, key.k === "text" ? key.text : "\0item", value, target);
      return;
    }
    case "list": {
      const items = itemsOf(value, language);
      target.items.forEach((each, index) => {
        if (each.op === "spread")
          assign(each.of, listValue(items?.slice(index) ?? [], items === null, value.from), frame, walk);
        else {
          const item = items === null ? someItem(value, walk.dialect) : (items[index] ?? unknown);
          assign(each, item, frame, walk);
        }
      });
      return;
    }
    case "dict":
      for (const entry of target.entries) {
        const key = walk.value(entry.key, frame);
        const held = key.k === "text" ? walk.member(value, key.text, target) : unknownFrom(originsOf(value));
        assign(entry.value, held, frame, walk);
      }
      return;
    case "spread":
      assign(target.of, value, frame, walk);
      return;
    default:
      walk.value(target, frame);
  }
}

/** Names for the names of the program themselves. */
const programScopes: ReadonlySet<string> = new Set(["scope", "globalThis", "global", "window", "self"]);

function outermost(scope: Scope): Scope {
  let found = scope;
  while (found.outer !== null) found = found.outer;
  return found;
}

/** A function that puts another in its own place. */
function isFunction(before: Value, value: Value): boolean {
  return before.k === "function" && value.k === "function";
}

/** Bytes in which one was changed. */
function withByte(of: TextValue, key: Value, value: Value): Value {
  const at = key.k === "number" ? (key.n < 0 ? of.text.length + key.n : key.n) : -1;
  if (value.k !== "number" || at < 0 || at >= of.text.length || !isWhole(of.text))
    return madeOf(unknownFrom(joinOrigins(of.from, originsOf(value))), [of, key, value]);
  const text = of.text.slice(0, at) + String.fromCharCode(value.n & 0xff) + of.text.slice(at + 1);
  return textValue(text, joinOrigins(of.from, value.from), joinDisguise(of.disguise, ["bytes"]), of.bytes);
}
