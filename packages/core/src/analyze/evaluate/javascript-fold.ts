/** Calls of JavaScript that only compute, and those whose doing depends on their arguments. */
import { evaluated, shellText, started, writeTo } from "../calls/python-special.ts";
import { percentDecoded } from "../decode.ts";
import { modeTags } from "../shell/file-tools.ts";
import {
  alternatives,
  anyOf,
  asText,
  constantValue,
  dictValue,
  disguiseOf,
  instanceValue,
  isWhole,
  joinOrigins,
  listValue,
  noOrigins,
  originsOf,
  refValue,
  textValue,
  unknown,
  unknownFrom,
  type Value,
} from "../value.ts";
import type { Fold, OutsideCall } from "./call.ts";
import { argumentText, javaScriptTexts, same } from "./javascript-text.ts";
import { concatenated, truthOf } from "./operate.ts";

const writeFile: Fold = (call) => {
  writeTo(call, call.args.at(0), call.args.at(1), call.name.includes("append") ? ["append"] : []);
  return unknown;
};

const readFile: Fold = (call) => {
  const path = call.args.at(0);
  const values = alternatives(path).map((each) =>
    call.reading(
      each.k === "number" && each.n === 0 ? "/dev/stdin" : asText(each),
      call.emit({ kind: "read", target: asText(each), from: originsOf(each), disguise: disguiseOf(each) }),
    ),
  );
  const value = anyOf(values);
  callbackWith(call, [constantValue(null), value]);
  return value;
};

/** The last argument, where it is a function, gets the result. */
function callbackWith(call: OutsideCall, values: readonly Value[]): void {
  const last = call.args.values.at(-1);
  if (last?.k === "function") call.call(last, values);
}

const remove: Fold = (call) => {
  const options = call.args.get(1);
  const recursive = options?.k === "dict" && options.entries.get("recursive") !== undefined;
  const force = options?.k === "dict" && options.entries.get("force") !== undefined;
  for (const each of alternatives(call.args.at(0)))
    call.emit({
      kind: "delete",
      target: asText(each),
      tags: [...(recursive ? ["recursive"] : []), ...(force ? ["force"] : [])],
      from: originsOf(each),
      disguise: [...call.disguise, ...disguiseOf(each)],
    });
  return unknown;
};

const writeStream: Fold = (call) => {
  const path = call.args.at(0);
  call.emit({ kind: "write", target: asText(path), from: originsOf(path), tags: ["open"] });
  return instanceValue("fs.writeStream", noOrigins, [["path", path]]);
};

const streamWrite: Fold = (call) => {
  const path = call.self?.k === "instance" ? call.self.fields.get("path") : undefined;
  if (path !== undefined) writeTo(call, path, call.args.at(0), []);
  return call.self;
};

/** `a.pipe(b)`: what comes out of one goes into the other. */
const pipe: Fold = (call) => {
  const [to] = call.args.values;
  const from = call.self === null ? noOrigins : originsOf(call.self);
  if (to?.k === "instance") {
    if (to.type === "fs.writeStream") writeTo(call, to.fields.get("path") ?? unknown, unknownFrom(from), []);
    else if (/^(net\.socket|http\.stream|child\.stdin|process\.stdin)$/.test(to.type))
      call.emit({
        kind: to.type.startsWith("child") || to.type.startsWith("process") ? "run" : "send",
        target: asText(to.fields.get("path") ?? unknown),
        from: joinOrigins(from, to.from),
        tags: ["raw", "piped"],
      });
    to.from = joinOrigins(to.from, from);
  }
  return to ?? unknown;
};

const shell: Fold = (call) => {
  const command = call.args.at(0);
  noteEnvironment(call);
  const outputs = alternatives(command).map((each) => shellText(call, each));
  return child(call, outputs);
};

function child(call: OutsideCall, outputs: readonly Value[]): Value {
  let from = noOrigins;
  for (const each of outputs) from = joinOrigins(from, originsOf(each));
  callbackWith(call, [constantValue(null), unknownFrom(from), unknownFrom(from)]);
  const stream = instanceValue("process.stream", from);
  return instanceValue("child", from, [
    ["stdout", stream],
    ["stderr", stream],
    ["stdin", instanceValue("child.stdin", from)],
  ]);
}

function noteEnvironment(call: OutsideCall): void {
  for (const each of call.args.values) {
    const env = each.k === "dict" ? each.entries.get("env") : undefined;
    if (env?.k === "dict")
      for (const [name, value] of env.entries)
        call.emit({ kind: "environment", target: name, tags: ["write"], data: asText(value) });
    if (env?.k === "ref" && env.name === "environment")
      call.emit({ kind: "environment", target: null, tags: ["read", "all"] });
  }
}

const spawn: Fold = (call) => {
  const [program = unknown, given, third] = call.args.values;
  noteEnvironment(call);
  if (call.endless && given?.k === "list" && given.items.some(isOwnProgram))
    call.emit({ kind: "spawn", tags: ["bomb"] });
  const options = third ?? (given?.k === "dict" ? given : undefined);
  const usesShell = options?.k === "dict" && truthOf(options.entries.get("shell") ?? constantValue(false)) !== false;
  const words =
    given?.k === "list"
      ? given.items
      : given === undefined || given.k === "dict" || given.k === "function"
        ? []
        : [unknownFrom(originsOf(given))];
  if (usesShell)
    return child(call, [
      shellText(
        call,
        words.length === 0 ? program : concatenated([program, ...words.flatMap((each) => [textValue(" "), each])]),
      ),
    ]);
  const outputs = alternatives(program).map((each) => {
    if (each.k !== "text") {
      call.emit({ kind: "run", target: asText(each), from: originsOf(each), tags: ["unknown"] });
      call.emit({ kind: "opaque", from: originsOf(each) });
      return unknownFrom(originsOf(each));
    }
    return call.command([each, ...words], null);
  });
  return child(call, outputs);
};

/** `execa("cmd", args)`, zx's and shelljs's texts. */
const execa: Fold = (call) => {
  const [program = unknown, given] = call.args.values;
  if (given?.k === "list") return started(call, listValue([program, ...given.items]), false, null);
  return child(call, [shellText(call, program)]);
};

const fetched: Fold = (call) => {
  const [first = unknown, second] = call.args.values;
  const options = second?.k === "dict" ? second : first.k === "dict" ? first : null;
  const url =
    first.k === "dict"
      ? (first.entries.get("url") ?? unknown)
      : first.k === "instance"
        ? (first.fields.get("path") ?? first)
        : first;
  const body = options?.entries.get("body") ?? options?.entries.get("data") ?? options?.entries.get("json");
  const method = asText(options?.entries.get("method") ?? textValue("GET")).toUpperCase();
  let from = joinOrigins(originsOf(url), options === null ? noOrigins : originsOf(options));
  if (second !== undefined && options === null) from = joinOrigins(from, originsOf(second));
  const sends = body !== undefined || /^(POST|PUT|PATCH|DELETE)$/.test(method);
  const indexes = alternatives(url).map((each) =>
    call.emit({
      kind: sends ? "send" : "fetch",
      target: asText(each),
      from,
      disguise: [...call.disguise, ...disguiseOf(each)],
    }),
  );
  return instanceValue("http.response", indexes);
};

/** `http.request(options, callback)`: what is written to it is sent; the callback gets the answer. */
const request: Fold = (call) => {
  const [target = unknown] = call.args.values;
  const socket = target.k === "dict" ? target.entries.get("socketPath") : undefined;
  if (socket !== undefined) return localSocket(call, socket, "http.local");
  const url =
    target.k === "dict"
      ? concatenated([
          target.entries.get("hostname") ?? target.entries.get("host") ?? unknown,
          target.entries.get("path") ?? textValue(""),
        ])
      : target;
  const index = call.emit({
    kind: call.name.endsWith("get") ? "fetch" : "connect",
    target: asText(url),
    from: originsOf(target),
  });
  const answer = instanceValue("http.response", [index]);
  callbackWith(call, [answer]);
  return instanceValue("http.stream", [index], [["path", url]]);
};

/** A socket in the file system: what is behind it is another program of this machine. */
function localSocket(call: OutsideCall, path: Value, type: string): Value {
  call.emit({ kind: "write", target: asText(path), tags: ["socket"], from: originsOf(path) });
  return instanceValue(type);
}

const connected: Fold = (call) => {
  const values = call.args.values.filter((each) => each.k !== "function");
  const [first = unknown] = values;
  const target =
    first.k === "dict"
      ? concatenated([
          first.entries.get("host") ?? first.entries.get("path") ?? textValue("localhost"),
          textValue(":"),
          first.entries.get("port") ?? textValue(""),
        ])
      : concatenated(values.length === 0 ? [unknown] : values);
  if (first.k === "dict" && first.entries.has("path") && !first.entries.has("port"))
    return localSocket(call, first.entries.get("path") ?? unknown, "net.unix");
  if (first.k === "text" && /^\//.test(first.text)) return localSocket(call, first, "net.unix");
  const index = call.emit({ kind: "connect", target: asText(target), tags: ["raw"], from: call.args.origins });
  const made = call.self?.k === "instance" ? call.self : instanceValue("net.socket", [index]);
  made.from = joinOrigins(made.from, [index]);
  callbackWith(call, []);
  return made;
};

const served: Fold = (call) => {
  call.emit({ kind: "listen", target: null, tags: ["raw"] });
  for (const each of call.args.values)
    if (each.k === "function")
      call.call(each, [instanceValue("net.socket", [call.emit({ kind: "fetch", target: null, tags: ["raw"] })])]);
  return instanceValue("net.server");
};

const onEvent: Fold = (call) => {
  const fn = call.args.values.find((each) => each.k === "function");
  const from = call.self === null ? noOrigins : originsOf(call.self);
  const type = call.self?.k === "instance" ? call.self.type : "";
  const index =
    type === "net.socket" || type === "websocket" ? [call.emit({ kind: "fetch", target: null, tags: ["raw"] })] : [];
  if (fn !== undefined) call.call(fn, [unknownFrom(joinOrigins(from, index)), unknown]);
  return call.self;
};

/** What a server's handlers are called with: what somebody asked for, and how to answer. */
const handled: Fold = (call) => {
  for (const each of call.args.values)
    if (each.k === "function") {
      const index = call.emit({ kind: "input", target: null, tags: ["request"] });
      call.call(each, [instanceValue("http.request", [index]), unknown, unknown]);
    }
  return call.self;
};

/** `parseArgs` gives the defaults of its options where nothing is typed. */
const parsedArguments: Fold = (call) => {
  const settings = call.args.at(0);
  const options = settings.k === "dict" ? settings.entries.get("options") : undefined;
  const typed = unknownFrom([call.emit({ kind: "input", target: "arguments" })]);
  const values = new Map<string, Value>();
  if (options?.k === "dict")
    for (const [name, option] of options.entries) {
      const fallback = option.k === "dict" ? option.entries.get("default") : undefined;
      values.set(name, fallback === undefined ? typed : anyOf([fallback, typed]));
    }
  return dictValue([
    ["values", dictValue(values)],
    ["positionals", typed],
  ]);
};

/** Whether a child process is this program once more. */
function isOwnProgram(value: Value): boolean {
  return alternatives(value).some((each) => /^\/workspace\/main\.\w+$/.test(asText(each)));
}

/** `fork(__filename)`: a worker of its own; without an end it is a bomb. */
const forked: Fold = (call) => {
  const module = call.args.at(0);
  call.emit({ kind: "run", target: asText(module), tags: ["module"], from: originsOf(module) });
  if (call.endless && isOwnProgram(module)) call.emit({ kind: "spawn", tags: ["bomb"] });
  return child(call, []);
};

/** The function that `new Function` makes, or a text that timers run. */
const makeFunction: Fold = (call) => {
  const body = call.args.values.at(-1) ?? textValue("");
  return instanceValue("made.function", originsOf(body), [["source", body]]);
};

const timer: Fold = (call) => {
  const [first] = call.args.values;
  if (first?.k === "text") return evaluated(call, first);
  if (first !== undefined) call.call(first, call.args.values.slice(2));
  return unknown;
};

const then: Fold = (call) => {
  const self = call.self ?? unknown;
  const held = self.k === "instance" && self.type === "promise" ? (self.fields.get("value") ?? unknown) : self;
  const results = call.args.values
    .filter((each) => each.k === "function")
    .map((each, index) =>
      call.call(each, [index === 0 && !call.name.endsWith("catch") ? held : unknownFrom(originsOf(held))]),
    );
  const [result] = results;
  return call.name.endsWith("finally") || call.name.endsWith("catch") || result === undefined ? self : result;
};

const promise: Fold = (call) => {
  const [fn] = call.args.values;
  let value: Value = unknown;
  if (fn?.k === "function") {
    const box = listValue([]);
    call.call(fn, [refValue("promise.resolve", box), refValue("promise.reject", box)]);
    value = box.items.length > 0 ? anyOf(box.items) : unknown;
  }
  return value;
};

const applied: Fold = (call) => {
  const fn = call.self;
  if (fn === null) return null;
  const [self, ...given] = call.args.values;
  const bound = fn.k === "function" && self !== undefined && fn.form.self === "this" ? { ...fn, self } : fn;
  if (call.name.endsWith("#bind"))
    return bound.k === "function" ? { ...bound, given: [...bound.given, ...given] } : bound;
  const list = call.name.endsWith("#apply") && given[0]?.k === "list" ? given[0].items : given;
  return call.call(bound, list);
};

const changeMode: Fold = (call) => {
  const bits = call.args.at(1);
  call.emit({
    kind: "write",
    target: asText(call.args.at(0)),
    tags: ["mode", ...modeTags(bits.k === "number" ? bits.n.toString(8) : asText(bits))],
    from: originsOf(call.args.at(0)),
  });
  return unknown;
};

export const javaScriptFolds: Readonly<Record<string, Fold>> = {
  ...javaScriptTexts,
  decodeURIComponent: argumentText(percentDecoded, "percent"),
  encodeURIComponent: same,
  "os.homedir": () => textValue("~"),
  "os.tmpdir": () => textValue("/tmp"),
  "process.cwd": () => textValue("/workspace"),
  "fs.writeFile": writeFile,
  "fs.appendFile": writeFile,
  "fs.outputFile": writeFile,
  "fs.readFile": readFile,
  "fs.createWriteStream": writeStream,
  "fs.writeStream#write": streamWrite,
  "fs.writeStream#end": streamWrite,
  "fs.rm": remove,
  "fs.rmdir": remove,
  "fs.chmod": changeMode,
  "stream.pipeline": (call) => {
    call.args.values.reduce((from, to) =>
      from.k === "instance" || from.k === "unknown"
        ? (pipe(call.but({ self: from, args: call.args.only(to) })) ?? to)
        : to,
    );
    return unknown;
  },
  "child_process.exec": shell,
  "child_process.spawn": spawn,
  "child_process.execFile": spawn,
  "cross-spawn": spawn,
  "cross-spawn.default": spawn,
  "cross-spawn.spawn": spawn,
  execa,
  "execa.execa": execa,
  "execa.default": execa,
  "execa.execaCommand": shell,
  "execa.$": shell,
  "zx.$": shell,
  "shelljs.exec": shell,
  "bun.$": shell,
  "Bun.spawn": (call) => started(call, call.args.at(0), false, null),
  "Deno.Command": (call) => {
    const options = call.args.get(1);
    const given = options?.k === "dict" ? options.entries.get("args") : undefined;
    return call.command([call.args.at(0), ...(given?.k === "list" ? given.items : [])], null);
  },
  "child.stdin#write": (call) => {
    call.emit({
      kind: "run",
      target: "stdin",
      tags: ["input"],
      from: joinOrigins(call.args.origins, call.self === null ? noOrigins : originsOf(call.self)),
    });
    return unknown;
  },
  "child#on": (call) => {
    const fn = call.args.values.find((each) => each.k === "function");
    if (fn !== undefined) call.call(fn, [unknown, unknown]);
    return call.self;
  },
  "child#kill": () => unknown,
  fetch: fetched,
  "http.get": request,
  "https.get": request,
  "http.request": request,
  "https.request": request,
  "net.connect": connected,
  "net.createConnection": connected,
  "net.socket#connect": connected,
  "tls.connect": connected,
  "net.Socket": () => instanceValue("net.socket"),
  "net.createServer": served,
  "tls.createServer": served,
  "http.createServer": (call) => {
    for (const each of call.args.values)
      if (each.k === "function")
        call.call(each, [instanceValue("http.request", [call.emit({ kind: "input", tags: ["request"] })]), unknown]);
    return instanceValue("http.server");
  },
  ...Object.fromEntries(
    ["get", "post", "use", "put", "delete", "patch", "all", "options", "route", "register", "on", "once"].map(
      (name) => [`http.app#${name}`, handled],
    ),
  ),
  "child_process.fork": forked,
  "worker_threads.Worker": (call) => {
    call.emit({ kind: "spawn", tags: call.endless && isOwnProgram(call.args.at(0)) ? ["worker", "bomb"] : ["worker"] });
    const options = call.args.get(1);
    if (options?.k === "dict" && truthOf(options.entries.get("eval") ?? constantValue(false)) === true)
      evaluated(call, call.args.at(0));
    return instanceValue("worker");
  },
  "util.parseArgs": parsedArguments,
  "process.chdir": (call) => {
    call.enter(asText(call.args.at(0)));
    return unknown;
  },
  "net.socket#on": onEvent,
  "net.socket#once": onEvent,
  "websocket#on": onEvent,
  "websocket#addEventListener": onEvent,
  "http.response#on": onEvent,
  "http.request#on": onEvent,
  "http.stream#on": onEvent,
  "process.stream#on": onEvent,
  "process.stream#pipe": pipe,
  "net.socket#pipe": pipe,
  "http.response#pipe": pipe,
  "fs.read#pipe": pipe,
  "?#pipe": pipe,
  "?#then": then,
  "?#catch": then,
  "?#finally": then,
  Promise: promise,
  "promise.resolve": (call) => {
    if (call.self?.k === "list") call.self.items.push(call.args.at(0));
    return unknown;
  },
  "Promise.resolve": ({ args }) => args.at(0),
  "Promise.all": ({ args }) => args.at(0),
  "Promise.allSettled": ({ args }) => args.at(0),
  "Promise.race": ({ args }) =>
    args.at(0).k === "list" ? anyOf((args.at(0) as { items: Value[] }).items) : args.at(0),
  eval: (call) => evaluated(call, call.args.at(0)),
  "vm.runInNewContext": (call) => evaluated(call, call.args.at(0)),
  "vm.runInThisContext": (call) => evaluated(call, call.args.at(0)),
  "vm.runInContext": (call) => evaluated(call, call.args.at(0)),
  "vm.Script": makeFunction,
  "vm.compileFunction": makeFunction,
  "vm2.VM#run": (call) => evaluated(call, call.args.at(0)),
  Function: makeFunction,
  AsyncFunction: makeFunction,
  GeneratorFunction: makeFunction,
  "made.function#()": (call) =>
    call.self?.k === "instance" ? evaluated(call, call.self.fields.get("source") ?? unknownFrom(call.self.from)) : null,
  "made.function#runInNewContext": (call) =>
    call.self?.k === "instance" ? evaluated(call, call.self.fields.get("source") ?? unknown) : null,
  "made.function#runInThisContext": (call) =>
    call.self?.k === "instance" ? evaluated(call, call.self.fields.get("source") ?? unknown) : null,
  "made.function#runInContext": (call) =>
    call.self?.k === "instance" ? evaluated(call, call.self.fields.get("source") ?? unknown) : null,
  "made.function#call": (call) =>
    call.self?.k === "instance" ? evaluated(call, call.self.fields.get("source") ?? unknown) : null,
  "made.function#apply": (call) =>
    call.self?.k === "instance" ? evaluated(call, call.self.fields.get("source") ?? unknown) : null,
  setTimeout: timer,
  setInterval: timer,
  setImmediate: timer,
  "process.nextTick": timer,
  queueMicrotask: timer,
  "process.on": (call) => {
    const fn = call.args.values.find((each) => each.k === "function");
    if (fn !== undefined) call.call(fn, [unknown, unknown]);
    return unknown;
  },
  "function#call": applied,
  "function#apply": applied,
  "function#bind": applied,
  "Reflect.apply": (call) => {
    const [fn, , list] = call.args.values;
    return fn === undefined ? null : call.call(fn, list?.k === "list" ? list.items : []);
  },
  "Reflect.get": (call) => {
    const name = asText(call.args.at(1));
    if (!isWhole(name)) return null;
    const member = call.member(call.args.at(0), name);
    return member.k === "ref" ? { ...member, disguise: [...member.disguise, "getattr"] } : member;
  },
  "bound#()": (call) => {
    const self = call.self?.k === "instance" ? call.self.fields : undefined;
    const fn = self?.get("fn");
    const given = self?.get("given");
    return fn === undefined ? null : call.call(fn, [...(given?.k === "list" ? given.items : []), ...call.args.values]);
  },
  "made.function#bind": (call) => call.self,
  "Function#apply": (call) => makeFunction(call),
  "Reflect.construct": (call) => {
    const [fn, list] = call.args.values;
    return fn === undefined ? null : call.call(fn, list?.k === "list" ? list.items : []);
  },
  "Object.getPrototypeOf": ({ args }) => args.at(0),
  "Reflect.getPrototypeOf": ({ args }) => args.at(0),
  Proxy: ({ args }) =>
    instanceValue("Proxy", noOrigins, [
      ["target", args.at(0)],
      ["handler", args.at(1)],
    ]),
  "console.log": () => unknown,
};
