/** Assignments: to names, members and items, and to patterns of them. */
import type { Expr } from "../ir.ts";
import { anyOf, joinOrigins, listValue, originsOf, unknown, unknownFrom, type Value } from "../value.ts";
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
      names.set(target.name, names === frame.scope.names ? value : anyOf([value, names.get(target.name) ?? value]));
      return;
    }
    case "attr":
      walk.setMember(walk.value(target.of, frame), target.name, value, target);
      return;
    case "item": {
      const of = walk.value(target.of, frame);
      const key = walk.value(target.key, frame);
      if (of.k === "list" && key.k === "number" && key.n >= 0 && key.n < of.items.length) of.items[key.n] = value;
      else if (of.k === "dict" && key.k === "text") of.entries.set(key.text, value);
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
