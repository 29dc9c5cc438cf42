/**
 * How tables of known calls are written. One line is `names | what it does | what it gives`:
 *
 *     os.remove os.unlink | delete 0:path |
 *     requests.post       | send 0:url from=1:data,json,files | http.response
 *
 * What it does: effects, separated by `;`, each a kind, its target, `from=` (whose content goes into it) and `+tags`.
 * A target is a place and keywords (`0:path,file`), `self`, `self.field`, `=text`, or `-` for none.
 * What it gives: nothing for a value that comes from the effects and arguments, a type, `self`, or `0` for an argument.
 */

import { type EffectKind, effectKinds } from "../effects.ts";
import type { OutsideCall } from "../evaluate/call.ts";
import {
  alternatives,
  asText,
  instanceValue,
  joinOrigins,
  noOrigins,
  type Origins,
  originsOf,
  textValue,
  unknown,
  unknownFrom,
  type Value,
} from "../value.ts";

type Pick =
  | { readonly of: "none" }
  | { readonly of: "text"; readonly text: string }
  | { readonly of: "self"; readonly field: string | null }
  | { readonly of: "argument"; readonly place: number; readonly names: readonly string[] };

interface Does {
  readonly kind: EffectKind;
  readonly target: Pick;
  readonly from: readonly Pick[];
  readonly tags: readonly string[];
}

interface Known {
  readonly does: readonly Does[];
  readonly gives: string;
}

export type CallTable = ReadonlyMap<string, Known>;

/** Effects whose result comes from outside of the program. */
const sources: ReadonlySet<EffectKind> = new Set([
  "read",
  "list",
  "fetch",
  "connect",
  "listen",
  "environment",
  "system",
  "processes",
  "input",
  "send",
  "encode",
  "deserialize",
]);

/** Writes that change no content. */
const silent: ReadonlySet<string> = new Set([
  "mode",
  "owner",
  "touch",
  "folder",
  "move-from",
  "attributes",
  "temporary",
]);

export function callTable(text: string): CallTable {
  const table = new Map<string, Known>();
  for (const line of text.split("\n")) {
    if (line.trim() === "" || line.trim().startsWith("#")) continue;
    const [names = "", does = "", gives = ""] = line.split("|").map((each) => each.trim());
    const known: Known = {
      does:
        does === ""
          ? []
          : does
              .split(";")
              .filter((each) => each.trim() !== "")
              .map((each) => clause(each.trim())),
      gives,
    };
    for (const name of names.split(/\s+/)) table.set(name, known);
  }
  return table;
}

function clause(text: string): Does {
  const [kind = "", target = "-", ...rest] = text.split(/\s+/);
  if (!Object.hasOwn(effectKinds, kind)) throw new Error(`a table of calls has no kind ${kind}`);
  const from = rest.filter((each) => each.startsWith("from=")).flatMap((each) => each.slice(5).split("&").map(pick));
  return {
    kind: kind as EffectKind,
    target: pick(target),
    from,
    tags: rest.filter((each) => each.startsWith("+")).map((each) => each.slice(1)),
  };
}

function pick(text: string): Pick {
  if (text === "-") return { of: "none" };
  if (text.startsWith("=")) return { of: "text", text: text.slice(1) };
  if (text === "self") return { of: "self", field: null };
  if (text.startsWith("self.")) return { of: "self", field: text.slice(5) };
  const [place = "", names = ""] = text.split(":");
  return {
    of: "argument",
    place: /^\d+$/.test(place) ? Number(place) : 99,
    names: names === "" ? [] : names.split(","),
  };
}

function picked(from: Pick, call: OutsideCall): Value | null {
  switch (from.of) {
    case "none":
      return null;
    case "text":
      return textValue(from.text);
    case "self": {
      if (from.field === null) return call.self;
      const { self } = call;
      return self?.k === "instance" ? (self.fields.get(from.field) ?? null) : null;
    }
    case "argument":
      return call.args.get(from.place, ...from.names);
  }
}

/** Does what the table says of a call; `null` when it says nothing. */
export function callKnown(table: CallTable, name: string, call: OutsideCall): Value | null {
  const known = table.get(name);
  if (known === undefined) return null;
  const indexes: number[] = [];
  let path: Value | null = null;
  // What a call reads first is what it writes, sends or makes objects of afterwards.
  let flow: Origins = noOrigins;
  for (const each of known.does) {
    const target = picked(each.target, call);
    if (each.target.of === "argument" && target !== null) path ??= target;
    let from: Origins = target === null ? noOrigins : originsOf(target);
    for (const one of each.from) {
      const value = picked(one, call);
      if (value !== null) from = joinOrigins(from, originsOf(value));
    }
    if (each.from.length > 0 || each.kind === "deserialize" || each.kind === "opaque") from = joinOrigins(from, flow);
    const payload = each.from[0] === undefined ? null : picked(each.from[0], call);
    const data = payload?.k === "text" ? payload.text.slice(0, 400) : null;
    for (const one of target === null ? [null] : alternatives(target)) {
      const index = call.emit({
        kind: each.kind,
        target: one === null ? null : asText(one),
        tags: each.tags,
        from,
        data,
        disguise: [...call.disguise, ...(one?.k === "text" ? one.disguise : [])],
      });
      if (sources.has(each.kind)) indexes.push(index);
      if (one === null) continue;
      if (each.kind === "read") flow = joinOrigins(flow, originsOf(call.reading(asText(one), index)));
      else if (each.kind === "fetch") flow = joinOrigins(flow, [index]);
      else if (each.kind === "write" && !each.tags.some((tag) => silent.has(tag))) call.wrote(asText(one), null, index);
    }
  }
  return given(known.gives, call, indexes, path);
}

function given(gives: string, call: OutsideCall, indexes: readonly number[], path: Value | null): Value {
  if (gives === "self") return call.self ?? unknown;
  if (/^\d+$/.test(gives)) return call.args.at(Number(gives));
  const self = call.self === null ? noOrigins : originsOf(call.self);
  const from = joinOrigins(indexes, joinOrigins(self, call.args.origins));
  if (gives === "none") return unknown;
  if (gives === "") return unknownFrom(from);
  return instanceValue(gives, from, path === null ? [] : [["path", path]]);
}
