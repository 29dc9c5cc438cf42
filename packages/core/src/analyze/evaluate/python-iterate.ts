/** Python's iterators, where what they go through is known. */
import {
  anyOf,
  constantValue,
  dictValue,
  instanceValue,
  type ListValue,
  listValue,
  noOrigins,
  numberValue,
  originsOf,
  textValue,
  unknownFrom,
  type Value,
} from "../value.ts";
import type { Fold, OutsideCall } from "./call.ts";
import { binary, itemsOf, truthOf } from "./operate.ts";

const mostItems = 4096;

function lists(call: OutsideCall): readonly (readonly Value[])[] | null {
  const all = call.args.values.map((each) => itemsOf(each, "python"));
  return all.some((each) => each === null) ? null : all.map((each) => each ?? []);
}

const open = (call: OutsideCall): Value => listValue([], true, call.args.origins);

/** What goes on without end, told by what it repeats. */
const cycle: Fold = ({ args }) => {
  const items = itemsOf(args.at(0), "python");
  return items === null
    ? listValue([], true, args.origins)
    : instanceValue("itertools.cycle", noOrigins, [["items", listValue(items)]]);
};

/** So many items of something, also where it has no end. */
export function itemsUpTo(of: Value, most: number): readonly Value[] | null {
  if (of.k === "instance" && of.type === "itertools.cycle") {
    const items = of.fields.get("items");
    if (items?.k !== "list" || items.items.length === 0) return null;
    return Array.from({ length: most }, (_each, index) => items.items[index % items.items.length] ?? textValue(""));
  }
  if (of.k === "instance" && of.type === "itertools.count") {
    const [start, step] = [of.fields.get("start"), of.fields.get("step")];
    const from = start?.k === "number" ? start.n : 0;
    const by = step?.k === "number" ? step.n : 1;
    return Array.from({ length: most }, (_each, index) => numberValue(from + index * by));
  }
  return itemsOf(of, "python");
}

const isEndless = (of: Value): boolean => of.k === "instance" && /^itertools\.(cycle|count)$/.test(of.type);

/** Several side by side, as far as the shortest goes. */
export function sideBySide(
  call: OutsideCall,
  values: readonly Value[],
  isLongest = false,
): readonly (readonly Value[])[] | null {
  const known = values.filter((each) => !isEndless(each)).map((each) => itemsOf(each, "python"));
  if (known.length === 0 || known.some((each) => each === null)) return null;
  const sizes = known.map((each) => each?.length ?? 0);
  const count = Math.min(mostItems, isLongest ? Math.max(...sizes) : Math.min(...sizes));
  const fill = call.args.get(99, "fillvalue") ?? constantValue(null);
  const all = values.map((each) => itemsUpTo(each, count));
  return Array.from({ length: count }, (_each, index) => all.map((each) => each?.[index] ?? fill));
}

const zipped: Fold = (call) => {
  const rows = sideBySide(call, call.args.values, call.name.endsWith("longest"));
  if (rows !== null) return listValue(rows.map((each) => listValue(each)));
  // Of what is not known one by one, one of each stands for all.
  const one = call.args.values.map((each) =>
    each.k === "list" && each.items.length > 0 ? anyOf(each.items) : unknownFrom(originsOf(each)),
  );
  return call.args.values.length === 0 ? listValue([]) : listValue([listValue(one)], true, call.args.origins);
};

const mapped: Fold = (call) => {
  const [fn, ...over] = call.args.values;
  if (fn === undefined || over.length === 0) return null;
  const rows = sideBySide(call, over);
  if (rows === null || rows.length > 2048)
    return listValue(
      [
        call.call(
          fn,
          over.map((each) =>
            each.k === "list" && each.items.length > 0 ? anyOf(each.items) : unknownFrom(originsOf(each)),
          ),
        ),
      ],
      true,
      call.args.origins,
    );
  return listValue(
    rows.map((each) => call.call(fn, each)),
    false,
    over[0]?.from ?? noOrigins,
  );
};

const starred: Fold = (call) => {
  const [fn, over] = call.args.values;
  const items = over === undefined ? null : itemsOf(over, "python");
  if (fn === undefined || items === null) return open(call);
  return listValue(items.slice(0, 2048).map((each) => call.call(fn, itemsOf(each, "python") ?? [each])));
};

const accumulated: Fold = (call) => {
  const [over, fn] = call.args.values;
  const items = over === undefined ? null : itemsOf(over, "python");
  if (items === null) return open(call);
  let sum: Value | null = null;
  return listValue(
    items.slice(0, 2048).map((each) => {
      const next: Value =
        sum === null ? each : fn === undefined ? binary("+", sum, each, "python") : call.call(fn, [sum, each]);
      sum = next;
      return next;
    }),
  );
};

/** A list whose items are taken away by `next`. */
const iterator: Fold = (call) => {
  const of = call.args.at(0);
  const method = of.k === "instance" && of.of !== null ? call.call(call.member(of, "__iter__"), []) : of;
  const items = itemsOf(method, "python");
  return items === null ? method : listValue(items, false, method.from);
};

const next: Fold = (call) => {
  const of = call.name === "next" ? call.args.at(0) : (call.self ?? call.args.at(0));
  if (of.k === "list" && !of.open) return of.items.shift() ?? call.args.get(1) ?? constantValue(null);
  if (of.k === "list" && of.items.length > 0) return anyOf(of.items);
  if (isEndless(of)) return itemsUpTo(of, 1)?.[0] ?? unknownFrom(originsOf(of));
  if (of.k === "instance" && of.of !== null) return call.call(call.member(of, "__next__"), []);
  return unknownFrom(originsOf(of));
};

const taken: Fold = ({ args }) => {
  const numbers = args.values.slice(1).map((each) => (each.k === "number" ? each.n : null));
  const [from, to, step] =
    numbers.length === 1 ? [0, numbers[0] ?? null, 1] : [numbers[0] ?? 0, numbers[1] ?? null, numbers[2] ?? 1];
  const items = itemsUpTo(args.at(0), Math.min(mostItems, to ?? mostItems));
  if (items === null || (to === null && isEndless(args.at(0)))) return listValue([], true, args.origins);
  const by = step === null || step < 1 ? 1 : step;
  return listValue(items.slice(from ?? 0, to ?? undefined).filter((_each, index) => index % by === 0));
};

const chosen: Fold = ({ args }) => {
  const [of, picks] = args.values.map((each) => itemsOf(each, "python"));
  if (of === null || picks === null || of === undefined || picks === undefined)
    return listValue([], true, args.origins);
  return listValue(of.filter((_each, index) => picks[index] !== undefined && truthOf(picks[index]) !== false));
};

const repeated: Fold = ({ args }) => {
  const times = args.get(1, "times");
  return times?.k === "number"
    ? listValue(Array.from({ length: Math.max(0, Math.min(mostItems, times.n)) }, () => args.at(0)))
    : instanceValue("itertools.cycle", noOrigins, [["items", listValue([args.at(0)])]]);
};

const product: Fold = (call) => {
  const all = lists(call);
  if (all === null || all.reduce((size, each) => size * each.length, 1) > mostItems) return open(call);
  const rows = all.reduce<readonly (readonly Value[])[]>(
    (before, each) => before.flatMap((row) => each.map((one) => [...row, one])),
    [[]],
  );
  return listValue(rows.map((each) => listValue(each)));
};

const chained: Fold = ({ args, name }) => {
  const values = name.endsWith("from_iterable") ? itemsOf(args.at(0), "python") : args.values;
  const all = (values ?? []).map((each) => itemsOf(each, "python"));
  return listValue(
    all.flatMap((each) => each ?? []),
    values === null || all.includes(null),
    args.origins,
  );
};

const poppedAt: Fold = (call) => {
  const { self } = call;
  if (self?.k !== "list" || self.items.length === 0) return null;
  const index = call.args.get(0);
  if (self.open || (index !== null && index.k !== "number")) return anyOf(self.items);
  const at = call.name.endsWith("popleft") ? 0 : index?.k === "number" ? index.n : -1;
  const [one] = self.items.splice(at < 0 ? self.items.length + at : at, 1);
  return one ?? null;
};

/** Pairs or keywords as a dictionary. */
const dictionary: Fold = ({ args }) => {
  const [of] = args.values;
  const made = dictValue(of?.k === "dict" ? of.entries : undefined, of !== undefined && of.k !== "dict");
  const pairs = of === undefined || of.k === "dict" ? null : itemsOf(of, "python");
  if (pairs !== null) {
    made.open = false;
    for (const each of pairs) {
      const [key, value] = itemsOf(each, "python") ?? [];
      if (value !== undefined && (key?.k === "text" || key?.k === "number"))
        made.entries.set(key.k === "text" ? key.text : String(key.n), value);
      else made.open = true;
    }
  }
  for (const [key, value] of args.named) made.entries.set(key, value);
  made.from = of === undefined ? noOrigins : originsOf(of);
  return made;
};

const index: Fold = (call) => {
  const items = call.self === null ? null : itemsOf(call.self, "python");
  const sought = call.args.at(0);
  if (items === null || (sought.k !== "text" && sought.k !== "number")) return null;
  const at = items.findIndex((each) => truthOf(binary("==", each, sought, "python")) === true);
  return at < 0 ? null : numberValue(at);
};

/** A list is changed in place. */
function changed(change: (list: ListValue, call: OutsideCall) => void): Fold {
  return (call) => {
    if (call.self?.k !== "list") return null;
    change(call.self, call);
    return constantValue(null);
  };
}

export const pythonIterations: Readonly<Record<string, Fold>> = {
  zip: zipped,
  "itertools.zip_longest": zipped,
  map: mapped,
  "itertools.starmap": starred,
  "itertools.accumulate": accumulated,
  "itertools.cycle": cycle,
  "itertools.count": ({ args }) =>
    instanceValue("itertools.count", noOrigins, [
      ["start", args.at(0, "start")],
      ["step", args.at(1, "step")],
    ]),
  "itertools.repeat": repeated,
  "itertools.islice": taken,
  "itertools.compress": chosen,
  "itertools.product": product,
  "itertools.chain": chained,
  "itertools.chain.from_iterable": chained,
  "itertools.tee": ({ args }) => listValue([args.at(0), args.at(0)]),
  iter: iterator,
  next,
  "list#__next__": next,
  "list#pop": poppedAt,
  "list#popleft": poppedAt,
  "list#index": index,
  "list#__iter__": (call) => call.self,
  "list#rotate": changed((list, { args }) => {
    const by = args.at(0);
    const size = list.items.length;
    if (by.k !== "number" || size === 0) return;
    const at = ((-by.n % size) + size) % size;
    list.items = [...list.items.slice(at), ...list.items.slice(0, at)];
  }),
  "list#appendleft": changed((list, { args }) => list.items.unshift(args.at(0))),
  "list#clear": changed((list) => {
    list.items = [];
  }),
  "list#remove": changed((list, { args }) => {
    const at = list.items.findIndex((each) => truthOf(binary("==", each, args.at(0), "python")) === true);
    if (at >= 0) list.items.splice(at, 1);
  }),
  "list#insert": changed((list, { args }) => {
    const at = args.at(0);
    list.items.splice(at.k === "number" ? at.n : 0, 0, args.at(1));
  }),
  "collections.deque": ({ args }) =>
    listValue(
      itemsOf(args.at(0), "python") ?? [],
      itemsOf(args.at(0), "python") === null && args.values.length > 0,
      args.origins,
    ),
  "collections.OrderedDict": dictionary,
  "types.MappingProxyType": ({ args }) => args.at(0),
  dict: dictionary,
};
