/** Calls of Python that only compute: folded where their arguments are known. */
import { isHiddenWay } from "../self-made.ts";
import {
  alternatives,
  anyOf,
  asText,
  constantValue,
  dictValue,
  disguiseOf,
  hole,
  instanceValue,
  isWhole,
  joinDisguise,
  joinOrigins,
  listValue,
  mapValue,
  noOrigins,
  numberValue,
  originsOf,
  refValue,
  textValue,
  unknownFrom,
  type Value,
} from "../value.ts";
import { pythonBytes } from "./bytes-fold.ts";
import { Arguments, type Fold, type OutsideCall } from "./call.ts";
import { binary, concatenated, itemOf, itemsOf, truthOf } from "./operate.ts";
import { pythonIterations } from "./python-iterate.ts";
import { pythonOrders } from "./python-order.ts";
import { join, onText, pythonTexts } from "./python-text.ts";

const list: Fold = (call) => {
  const of = call.args.get(0);
  if (of === null) return listValue([]);
  const items = itemsOf(of, "python");
  return items === null
    ? listValue(of.k === "list" ? of.items : [], true, originsOf(of))
    : listValue(items, false, of.from);
};

const size: Fold = ({ args }) => {
  const of = args.at(0);
  if (of.k === "text" && isWhole(of.text)) return numberValue(of.text.length);
  if (of.k === "list" && !of.open) return numberValue(of.items.length);
  return of.k === "dict" && !of.open ? numberValue(of.entries.size) : unknownFrom(noOrigins);
};

const range: Fold = ({ args }) => {
  const given = args.values.map((each) => (each.k === "number" ? each.n : Number.NaN));
  if (given.length === 0 || given.some(Number.isNaN)) return unknownFrom(args.origins);
  const [from = 0, to = 0, step = 1] = given.length === 1 ? [0, given[0], 1] : given;
  const count = step === 0 ? 0 : Math.ceil((to - from) / step);
  if (count > 4096) return unknownFrom(noOrigins);
  return listValue(Array.from({ length: Math.max(0, count) }, (_each, index) => numberValue(from + index * step)));
};

const reversed: Fold = ({ args }) => {
  const of = args.at(0);
  const items = itemsOf(of, "python");
  if (items === null) return unknownFrom(originsOf(of));
  const turned = [...items].reverse();
  return listValue(
    turned.map((each) => (each.k === "text" ? { ...each, disguise: joinDisguise(each.disguise, ["reversed"]) } : each)),
    false,
    of.from,
  );
};

const filtered: Fold = (call) => {
  const [fn, over] = call.args.values;
  if (fn === undefined || over === undefined) return null;
  const items = itemsOf(over, "python");
  if (items === null) return listValue([call.call(fn, [unknownFrom(originsOf(over))])], true, originsOf(over));
  return listValue(
    items.filter((each) => fn.k === "constant" || truthOf(call.call(fn, [each])) !== false),
    false,
    over.from,
  );
};

const enumerated: Fold = ({ args }) => {
  const of = args.at(0);
  const first = args.get(1, "start");
  const start = first?.k === "number" ? first.n : 0;
  const items = itemsOf(of, "python");
  if (items === null)
    return listValue(
      [
        listValue([
          unknownFrom(noOrigins),
          of.k === "list" && of.items[0] !== undefined ? anyOf(of.items) : unknownFrom(originsOf(of)),
        ]),
      ],
      true,
      originsOf(of),
    );
  return listValue(
    items.map((each, index) => listValue([numberValue(index + start), each])),
    false,
    of.from,
  );
};

const attribute: Fold = (call) => {
  const [of, name, fallback] = call.args.values;
  if (of === undefined || name === undefined) return null;
  const found = alternatives(name).map((each) => {
    const text = asText(each);
    if (!isWhole(text)) {
      // A name that the program made, of something outside of it: it is there to be missed.
      if (isHiddenWay(of, each)) call.emit({ kind: "opaque", from: originsOf(each), callee: call.name });
      return unknownFrom(joinOrigins(originsOf(of), originsOf(each)));
    }
    const member = call.member(of, text);
    return member.k === "ref" ? { ...member, disguise: [...member.disguise, ...disguiseOf(each), "getattr"] } : member;
  });
  return anyOf(fallback === undefined ? found : [...found, fallback]);
};

const reduced: Fold = (call) => {
  const [fn, over, first] = call.args.values;
  const items = over === undefined ? null : itemsOf(over, "python");
  if (fn === undefined || items === null || items.length > 1024) return null;
  return (
    items.reduce<Value | null>(
      (total, each) => (total === null ? each : call.call(fn, [total, each])),
      first ?? null,
    ) ?? unknownFrom(noOrigins)
  );
};

const partial: Fold = ({ args }) => {
  const [fn, ...given] = args.values;
  if (fn?.k === "function" && args.named.size === 0) return { ...fn, given: [...fn.given, ...given] };
  return fn === undefined
    ? null
    : instanceValue("functools.partial", args.origins, [
        ["fn", fn],
        ["given", listValue(given)],
        ["named", dictValue(args.named)],
      ]);
};

/** A function with what it was made of: `partial`, a bound method. */
const appliedPartly: Fold = (call) => {
  const self = call.self?.k === "instance" ? call.self.fields : undefined;
  const fn = self?.get("fn");
  const [given, named] = [self?.get("given"), self?.get("named")];
  if (fn === undefined) return null;
  return call.call(
    fn,
    [...(given?.k === "list" ? given.items : []), ...call.args.values],
    new Map([...(named?.k === "dict" ? named.entries : []), ...call.args.named]),
  );
};

/** `lru_cache(size)` gives what leaves a function as it is; `lru_cache(function)` is the function. */
const wrapper: Fold = ({ args }) => {
  const [of] = args.values;
  return of?.k === "function" && args.values.length === 1 ? of : refValue("functools.same");
};

const add: Fold = (call) => {
  if (call.self?.k !== "list") return null;
  const [item] = call.args.values;
  if (item === undefined) return null;
  if (call.name === "list#extend") {
    const items = itemsOf(item, "python");
    if (items === null) {
      call.self.open = true;
      call.self.from = joinOrigins(call.self.from, originsOf(item));
    } else call.self.items.push(...items);
  } else call.self.items.push(item);
  return constantValue(null);
};

/** The home folder is written `~`, whoever it belongs to. */
const expanded: Fold = ({ args, self }) => self ?? args.at(0);

const joinedPath: Fold = ({ args, self }) => {
  const given = self === null ? args.values : [self, ...args.values];
  const parts: Value[] = [];
  for (const each of given) {
    if (asText(each).startsWith("/") || asText(each).startsWith("~")) parts.length = 0;
    if (parts.length > 0 && !asText(parts.at(-1) ?? textValue("")).endsWith("/")) parts.push(textValue("/"));
    parts.push(each.k === "instance" ? (each.fields.get("path") ?? each) : each);
  }
  return parts.length === 0 ? textValue("") : concatenated(parts);
};

const splitPath = (which: "dirname" | "basename"): Fold =>
  onText((text) => {
    const parts = text.split("/");
    return which === "basename"
      ? (parts.at(-1) ?? "")
      : parts.slice(0, -1).join("/") || (text.startsWith("/") ? "/" : "");
  });

const dictGet: Fold = (call) => {
  if (call.self?.k !== "dict") return null;
  const key = call.args.at(0);
  const found = itemOf(call.self, key, "python");
  if (found !== null) return found;
  const other = call.args.get(1);
  const isKnown = key.k === "text" || key.k === "number" || key.k === "constant";
  if (isKnown) return other ?? (call.self.open ? unknownFrom(originsOf(call.self)) : constantValue(null));
  // Any of them may be meant, or none.
  return anyOf([...call.self.entries.values(), other ?? unknownFrom(originsOf(key))]);
};

const items =
  (which: "items" | "values" | "keys"): Fold =>
  (call) => {
    if (call.self?.k !== "dict") return null;
    const { entries, open, from } = call.self;
    return listValue(
      [...entries].map(([key, value]) =>
        which === "items" ? listValue([textValue(key), value]) : which === "keys" ? textValue(key) : value,
      ),
      open,
      from,
    );
  };

const sameText: Fold = (call) => call.self ?? call.args.at(0);

const sliceObject: Fold = ({ args }) => instanceValue("slice", noOrigins, [["parts", listValue(args.values)]]);

const operator =
  (sign: string): Fold =>
  ({ args }) =>
    binary(sign, args.at(0), args.at(1), "python");

/** Functions that another thread will call are called now. */
function later(call: OutsideCall): Value | null {
  const fn = call.args.get(1, "target");
  const given = call.args.get(3, "args");
  const named = call.args.get(4, "kwargs");
  const made = instanceValue("threading.Thread");
  if (fn !== null)
    call.call(fn, given?.k === "list" ? given.items : [], named?.k === "dict" ? new Map(named.entries) : undefined);
  return made;
}

/** Functions of the library that call what they are given, by the place of that in their arguments. */
const callers: readonly (readonly [string, number])[] = [
  ["atexit.register", 0],
  ["signal.signal", 1],
  ["sched.scheduler#enter", 2],
  ["_thread.start_new_thread", 0],
  ["_thread.start_new", 0],
  ["concurrent.futures.ThreadPoolExecutor#submit", 0],
  ["concurrent.futures.ProcessPoolExecutor#submit", 0],
  ["concurrent.futures.ThreadPoolExecutor#map", 0],
  ["multiprocessing.pool.ThreadPool#apply", 0],
  ["multiprocessing.pool.ThreadPool#map", 0],
  ["multiprocessing.Pool#map", 0],
  ["multiprocessing.Pool#apply", 0],
  ["multiprocessing.Pool#apply_async", 0],
  ["asyncio.loop#call_soon", 0],
  ["asyncio.loop#call_later", 1],
  ["asyncio.loop#run_in_executor", 1],
  ["contextvars.Context#run", 0],
  ["contextlib.ExitStack#callback", 0],
  ["weakref.finalize", 1],
  ["sys.settrace", 0],
  ["sys.setprofile", 0],
  ["sys.addaudithook", 0],
  ["threading.settrace", 0],
  ["faulthandler.register", 1],
  ["timeit.timeit", 0],
  ["timeit.repeat", 0],
  ["trace.Trace#runfunc", 0],
  ["cProfile.Profile#runcall", 0],
  ["bdb.Bdb#runcall", 0],
];

/** What is handed over is called with what stands after it, one by one where that is a list. */
function called(place: number): Fold {
  return (call) => {
    const fn = call.args.values[place];
    if (
      fn === undefined ||
      (fn.k !== "function" && fn.k !== "ref" && fn.k !== "class" && fn.k !== "instance" && fn.k !== "choice")
    )
      return null;
    const rest = call.args.values.slice(place + 1);
    const lists = rest.filter((each) => each.k === "list").flatMap((each) => (each.k === "list" ? each.items : []));
    if (/#map$/.test(call.name)) return listValue(lists.slice(0, 256).map((each) => call.call(fn, [each])));
    return call.call(fn, rest.length > 0 && rest.every((each) => each.k !== "list") ? rest : lists, call.args.named);
  };
}

export const pythonFolds: Readonly<Record<string, Fold>> = {
  ...pythonTexts,
  ...pythonBytes,
  ...pythonOrders,
  ...pythonIterations,
  len: size,
  range,
  xrange: range,
  reversed,
  list,
  tuple: list,
  set: list,
  frozenset: list,
  filter: filtered,
  enumerate: enumerated,
  getattr: attribute,
  "operator.attrgetter": ({ args }) => instanceValue("operator.attrgetter", noOrigins, [["name", args.at(0)]]),
  "operator.attrgetter#()": (call) => {
    const name = call.self?.k === "instance" ? call.self.fields.get("name") : undefined;
    const text = name === undefined ? hole : asText(name);
    if (!isWhole(text)) return null;
    const member = text.split(".").reduce((of, each) => call.member(of, each), call.args.at(0));
    return member.k === "ref" ? { ...member, disguise: [...member.disguise, "getattr"] } : member;
  },
  "operator.methodcaller": ({ args }) =>
    instanceValue("operator.methodcaller", noOrigins, [
      ["name", args.at(0)],
      ["given", listValue(args.values.slice(1))],
    ]),
  "operator.methodcaller#()": (call) => {
    const self = call.self?.k === "instance" ? call.self.fields : undefined;
    const given = self?.get("given");
    const name = asText(self?.get("name") ?? textValue(hole));
    return isWhole(name) ? call.call(call.member(call.args.at(0), name), given?.k === "list" ? given.items : []) : null;
  },
  "operator.itemgetter": ({ args }) =>
    instanceValue("operator.itemgetter", noOrigins, [["keys", listValue(args.values)]]),
  ...Object.fromEntries(
    Object.entries({
      add: "+",
      iadd: "+",
      concat: "+",
      iconcat: "+",
      sub: "-",
      xor: "^",
      ixor: "^",
      mul: "*",
      mod: "%",
      and_: "&",
      or_: "|",
      lshift: "<<",
      rshift: ">>",
      floordiv: "//",
      truediv: "/",
      pow: "**",
      eq: "==",
      ne: "!=",
      lt: "<",
      gt: ">",
    }).map(([name, sign]) => [`operator.${name}`, operator(sign)]),
  ),
  "operator.call": (call) => call.call(call.args.at(0), call.args.values.slice(1)),
  "operator.itemgetter#()": (call) => {
    const keys = call.self?.k === "instance" ? call.self.fields.get("keys") : undefined;
    if (keys?.k !== "list") return null;
    const found = keys.items.map((each) => call.call(refValue("operator.getitem"), [call.args.at(0), each]));
    const [only] = found;
    return found.length === 1 && only !== undefined ? only : listValue(found);
  },
  "operator.getitem": (call) => call.item(call.args.at(0), call.args.at(1)),
  "functools.reduce": reduced,
  reduce: reduced,
  "functools.partial": partial,
  "functools.partial#()": appliedPartly,
  "types.MethodType": ({ args }) => partial({ args: new Arguments(args.values) } as OutsideCall),
  "functools.partialmethod": partial,
  "functools.lru_cache": wrapper,
  "functools.cache": ({ args }) => args.at(0),
  "functools.wraps": wrapper,
  "functools.singledispatch": ({ args }) => args.at(0),
  "contextlib.contextmanager": ({ args }) => args.at(0),
  slice: sliceObject,
  "list#append": add,
  "list#extend": add,
  "list#add": add,
  "list#copy": (call) => call.self,
  "list#reverse": (call) => {
    if (call.self?.k === "list") call.self.items.reverse();
    return constantValue(null);
  },
  "list#join": join,
  "dict#get": dictGet,
  "dict#items": items("items"),
  "dict#values": items("values"),
  "dict#keys": items("keys"),
  "dict#update": (call) => {
    const [other] = call.args.values;
    if (call.self?.k === "dict") {
      if (other?.k === "dict") for (const [key, value] of other.entries) call.self.entries.set(key, value);
      for (const [key, value] of call.args.named) call.self.entries.set(key, value);
      if (other !== undefined && other.k !== "dict") {
        call.self.open = true;
        call.self.from = joinOrigins(call.self.from, originsOf(other));
      }
    }
    return constantValue(null);
  },
  "dict#pop": dictGet,
  "dict#setdefault": dictGet,
  "os.path.join": joinedPath,
  "os.path.expanduser": expanded,
  "os.path.expandvars": ({ args }) =>
    mapValue(args.at(0), (one) => (one.k === "text" ? { ...one, text: one.text.replace(/\$\{?HOME\}?/g, "~") } : one)),
  "os.path.abspath": sameText,
  "os.path.realpath": sameText,
  "os.path.normpath": sameText,
  "os.path.dirname": splitPath("dirname"),
  "os.path.basename": splitPath("basename"),
  "os.fspath": sameText,
  "getattr#": attribute,
  "copy.copy": sameText,
  "copy.deepcopy": sameText,
  "io.StringIO": sameText,
  "io.BytesIO": sameText,
  "typing.cast": ({ args }) => args.at(1),
  "asyncio.run": sameText,
  "asyncio.get_event_loop": () => instanceValue("asyncio.loop"),
  "asyncio.loop#run_until_complete": ({ args }) => args.at(0),
  "asyncio.gather": ({ args }) => listValue(args.values, args.open),
  "asyncio.wait_for": sameText,
  "asyncio.create_task": sameText,
  "asyncio.ensure_future": sameText,
  "asyncio.to_thread": (call) => call.call(call.args.at(0), call.args.values.slice(1)),
  "threading.Thread": later,
  "threading.Timer": (call) => {
    const fn = call.args.get(1, "function");
    const given = call.args.get(2, "args");
    return fn === null
      ? null
      : instanceValue("threading.Thread", noOrigins, [
          ["result", call.call(fn, given?.k === "list" ? given.items : [])],
        ]);
  },
  "multiprocessing.Process": later,
  "functools.same": sameText,
  ...Object.fromEntries(callers.map(([name, place]) => [name, called(place)])),
  print: () => constantValue(null),
};
