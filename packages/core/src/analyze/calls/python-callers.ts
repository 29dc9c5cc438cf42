/** Functions of Python's library that call what they are given, now or later, and what command lines and records hold. */
import type { Fold, OutsideCall } from "../evaluate/call.ts";
import { itemsOf } from "../evaluate/operate.ts";
import {
  anyOf,
  asText,
  hole,
  type InstanceValue,
  instanceValue,
  isWhole,
  listValue,
  noOrigins,
  originsOf,
  textValue,
  unknown,
  unknownFrom,
  type Value,
} from "../value.ts";

/** Calls the argument at a place with the ones behind it. */
const calls =
  (place: number, ...names: readonly string[]): Fold =>
  (call) => {
    const fn = call.args.get(place, ...names);
    return fn === null ? null : made(call, fn, call.args.values.slice(place + 1));
  };

/** Calls an argument with a list that another argument holds. */
const callsWith =
  (place: number, name: string, listPlace: number, listName: string): Fold =>
  (call) => {
    const fn = call.args.get(place, name);
    const given = call.args.get(listPlace, listName);
    return fn === null ? null : made(call, fn, given === null ? [] : (itemsOf(given, "python") ?? [given]));
  };

function made(call: OutsideCall, fn: Value, values: readonly Value[]): Value {
  const result = call.call(fn, values);
  return instanceValue("future", originsOf(result), [["result", result]]);
}

/** Calls an argument with each item, or with each item's own items. */
const callsEach =
  (place: number, spreads: boolean): Fold =>
  (call) => {
    const fn = call.args.at(place, "func", "fn");
    const lists = call.args.values.slice(place + 1).map((each) => itemsOf(each, "python"));
    const [first] = lists;
    if (first === undefined || first === null || first.length > 64) {
      const from = originsOf(call.args.at(place + 1));
      return listValue([call.call(fn, [unknownFrom(from)])], true, from);
    }
    return listValue(
      first.map((item, index) =>
        call.call(fn, spreads && item.k === "list" ? item.items : lists.map((each) => each?.[index] ?? unknown)),
      ),
    );
  };

/** What a command line gives: the default, or something that whoever starts it types. */
function fromCommandLine(call: OutsideCall, fallback: Value | null): Value {
  const typed = unknownFrom([call.emit({ kind: "input", target: "arguments" })]);
  return fallback === null || (fallback.k === "constant" && fallback.value === null) ? typed : anyOf([fallback, typed]);
}

const addArgument: Fold = (call) => {
  const parser = call.self;
  if (parser?.k !== "instance") return null;
  const names = call.args.values.map(asText);
  const name = asText(
    call.args.get(99, "dest") ?? textValue(names.find((each) => /^--/.test(each)) ?? names[0] ?? hole),
  );
  if (isWhole(name))
    parser.fields.set(
      `option ${name.replace(/^-+/, "").replaceAll("-", "_")}`,
      fromCommandLine(call, call.args.get(99, "default")),
    );
  return unknown;
};

const parseArguments: Fold = (call) => {
  const parser = call.self;
  if (parser?.k !== "instance") return null;
  const space = instanceValue("argparse.Namespace");
  for (const [key, value] of parser.fields)
    if (key.startsWith("option ")) space.fields.set(key.slice("option ".length), value);
  return call.name.endsWith("parse_known_args") ? listValue([space, unknown]) : space;
};

/** Groups and sub-commands fill the same names. */
const itself: Fold = (call) => call.self;

/** `namedtuple("Job", "src dst")` is a class of records. */
const namedTuple: Fold = (call) => {
  const given = call.args.at(1, "field_names");
  const listed = itemsOf(given, "python")?.map(asText) ?? [];
  const names = given.k === "text" ? given.text.split(/[\s,]+/).filter(Boolean) : listed;
  return instanceValue("namedtuple.class", noOrigins, [["names", listValue(names.map((each) => textValue(each)))]]);
};

const record: Fold = (call) => {
  const { self } = call;
  if (self?.k !== "instance") return null;
  const names = self.fields.get("names");
  if (names?.k !== "list") return null;
  return recordOf(names.items.map(asText), call.args.values, call.args.named);
};

export function recordOf(
  names: readonly string[],
  values: readonly Value[],
  named: ReadonlyMap<string, Value>,
): InstanceValue {
  return instanceValue(
    "record",
    noOrigins,
    names.map((name, index) => [name, named.get(name) ?? values[index] ?? unknown] as const),
  );
}

/** `read_string` of a text of settings that is written in the program. */
const readSettings: Fold = (call) => {
  const { self } = call;
  const text = asText(call.args.at(0, "string"));
  if (self?.k !== "instance" || !isWhole(text)) return null;
  let section: Map<string, Value> | null = null;
  for (const line of text.slice(0, 20_000).split("\n")) {
    const head = /^\s*\[([^\]]+)\]/.exec(line)?.[1];
    const pair = /^\s*([\w.-]+)\s*[=:]\s*(.*?)\s*$/.exec(line);
    if (head !== undefined) {
      section = new Map();
      self.fields.set(`section ${head}`, { k: "dict", entries: section, open: false, from: noOrigins });
    } else if (pair?.[1] !== undefined && section !== null) section.set(pair[1], textValue(pair[2] ?? ""));
  }
  return unknown;
};

const setting: Fold = (call) => {
  const { self } = call;
  if (self?.k !== "instance") return null;
  const section = self.fields.get(`section ${asText(call.args.at(0))}`);
  if (section === undefined) return null;
  if (call.name.endsWith("__getitem__")) return section;
  return section.k === "dict" ? (section.entries.get(asText(call.args.at(1))) ?? null) : null;
};

export const pythonCallers: Readonly<Record<string, Fold>> = {
  ...Object.fromEntries(
    ["add_argument", "add_option"].flatMap((method) => [
      [`argparse.ArgumentParser#${method}`, addArgument],
      [`optparse.OptionParser#${method}`, addArgument],
    ]),
  ),
  ...Object.fromEntries(
    ["add_argument_group", "add_mutually_exclusive_group", "add_subparsers", "add_parser", "add_option_group"].map(
      (method) => [`argparse.ArgumentParser#${method}`, itself],
    ),
  ),
  "argparse.ArgumentParser": () => instanceValue("argparse.ArgumentParser"),
  "optparse.OptionParser": () => instanceValue("optparse.OptionParser"),
  "argparse.ArgumentParser#parse_args": parseArguments,
  "argparse.ArgumentParser#parse_known_args": parseArguments,
  "optparse.OptionParser#parse_args": (call) => listValue([parseArguments(call) ?? unknown, unknown]),
  "typer.Option": (call) => fromCommandLine(call, call.args.get(0, "default")),
  "typer.Argument": (call) => fromCommandLine(call, call.args.get(0, "default")),
  "pydantic.Field": (call) => call.args.get(0, "default") ?? unknown,
  "dataclasses.field": (call) => call.args.get(99, "default") ?? unknown,
  "attr.ib": (call) => call.args.get(99, "default") ?? unknown,
  "collections.namedtuple": namedTuple,
  "typing.NamedTuple": namedTuple,
  "namedtuple.class#()": record,
  "types.SimpleNamespace": (call) => recordOf([...call.args.named.keys()], [], call.args.named),
  "argparse.Namespace": (call) => recordOf([...call.args.named.keys()], [], call.args.named),
  "configparser.ConfigParser": () => instanceValue("configparser.ConfigParser"),
  "configparser.RawConfigParser": () => instanceValue("configparser.ConfigParser"),
  "configparser.ConfigParser#read_string": readSettings,
  "configparser.ConfigParser#get": setting,
  "configparser.ConfigParser#__getitem__": setting,
  "csv.reader": (call) => {
    const source = call.args.at(0);
    const text = asText(source);
    return source.k !== "text" || !isWhole(text)
      ? null
      : listValue(
          text
            .trim()
            .split("\n")
            .slice(0, 64)
            .map((line) => listValue(line.split(",").map((each) => textValue(each.trim(), originsOf(source))))),
        );
  },
  "atexit.register": calls(0, "func"),
  "asyncio.to_thread": calls(0, "func"),
  "anyio.to_thread.run_sync": calls(0, "func"),
  "trio.to_thread.run_sync": calls(0, "sync_fn"),
  "asyncio.loop#run_in_executor": calls(1, "func"),
  "asyncio.loop#call_soon": calls(0, "callback"),
  "asyncio.loop#call_soon_threadsafe": calls(0, "callback"),
  "asyncio.loop#call_later": calls(1, "callback"),
  "asyncio.loop#call_at": calls(1, "callback"),
  "asyncio.new_event_loop": () => instanceValue("asyncio.loop"),
  "asyncio.get_running_loop": () => instanceValue("asyncio.loop"),
  "contextlib.ExitStack#callback": calls(0),
  "contextlib.ExitStack": () => instanceValue("contextlib.ExitStack"),
  "weakref.finalize": calls(1, "func"),
  "_thread.start_new_thread": callsWith(0, "function", 1, "args"),
  "thread.start_new_thread": callsWith(0, "function", 1, "args"),
  "sched.scheduler": () => instanceValue("sched.scheduler"),
  "sched.scheduler#enter": callsWith(2, "action", 3, "argument"),
  "sched.scheduler#enterabs": callsWith(2, "action", 3, "argument"),
  "multiprocessing.Process": (call) => {
    // A loop that starts its own function again and again has no end; one that keeps up workers has.
    const target = call.args.get(1, "target");
    const isBomb = call.endless && target?.k === "function" && target.form.name === call.inside;
    call.emit({ kind: "spawn", tags: isBomb ? ["worker", "bomb"] : ["worker"] });
    callsWith(1, "target", 3, "args")(call);
    return instanceValue("process.pool");
  },
  "itertools.starmap": callsEach(0, true),
  "joblib.delayed": (call) => call.args.at(0),
  "future#result": (call) => (call.self?.k === "instance" ? (call.self.fields.get("result") ?? null) : null),
  "future#get": (call) => (call.self?.k === "instance" ? (call.self.fields.get("result") ?? null) : null),
};

const pools: Readonly<Record<string, Fold>> = {
  submit: calls(0, "fn"),
  spawn: calls(0),
  apply: callsWith(0, "func", 1, "args"),
  apply_async: callsWith(0, "func", 1, "args"),
  map: callsEach(0, false),
  imap: callsEach(0, false),
  imap_unordered: callsEach(0, false),
  map_async: callsEach(0, false),
  starmap: callsEach(0, true),
  starmap_async: callsEach(0, true),
  run_in_executor: calls(1, "func"),
  call_soon: calls(0),
  call_later: calls(1),
  do: calls(0),
  add_job: callsWith(0, "func", 99, "args"),
  apply_later: calls(0),
};

/** Executors, pools, loops and schedulers of whatever library, by what their methods are called. */
export function callByPool(call: OutsideCall, method: string): Value | null {
  const [first, second] = call.args.values;
  const given = call.args.get(99, "func", "fn");
  const isCallable = [first, second, given].some(
    (each) => each !== null && each !== undefined && (each.k === "function" || each.k === "ref"),
  );
  const fold = isCallable && Object.hasOwn(pools, method) ? pools[method] : undefined;
  return fold?.(call) ?? null;
}
