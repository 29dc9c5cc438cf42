/** Calls of Python that make objects of data, and classes that say what is called when they are made. */
import type { Fold, OutsideCall } from "../evaluate/call.ts";
import {
  alternatives,
  asText,
  instanceValue,
  joinOrigins,
  originsOf,
  textValue,
  unknownFrom,
  type Value,
} from "../value.ts";

/** `yaml.load` makes whatever objects the text names, but for a loader that is told to be safe. */
export const yamlLoad: Fold = (call) => {
  const stream = call.args.at(0, "stream");
  const loader = call.args.get(1, "Loader");
  const isSafe = loader?.k === "ref" && /Safe|Base/.test(loader.name);
  if (!isSafe) {
    const index = call.emit({
      kind: "deserialize",
      target: null,
      from: originsOf(stream),
      tags: ["yaml", ...(loader === null ? ["default-loader"] : [])],
    });
    call.emit({ kind: "opaque", from: originsOf(stream) });
    return unknownFrom(joinOrigins([index], originsOf(stream)));
  }
  return unknownFrom(originsOf(stream));
};

/** Arrays of objects are pickles. */
export const numpyLoad: Fold = (call) => {
  const path = call.args.at(0, "file");
  const index = call.emit({ kind: "read", target: asText(path), from: originsOf(path) });
  const pickled = call.args.get(2, "allow_pickle");
  if (pickled?.k === "constant" && pickled.value === true) {
    const from = originsOf(call.reading(asText(path), index));
    call.emit({ kind: "deserialize", target: asText(path), tags: ["pickle", "file"], from });
  }
  return unknownFrom([index]);
};

/** `YAML(typ="unsafe")` makes whatever objects the text names. */
export const ruamel: Fold = (call) => {
  const typ = asText(call.args.get(0, "typ") ?? textValue("rt"));
  return instanceValue(typ === "unsafe" || typ === "base+unsafe" ? "ruamel.unsafe" : "ruamel.safe");
};

/** Whether what a class says about its unpickling runs a command or text, or is not known. */
function runsSomething(fn: Value): boolean {
  if (fn.k === "unknown") return fn.from.length > 0;
  if (fn.k !== "ref") return false;
  return /^((os|posix|nt)\.(system|popen|exec\w*|spawn\w*|posix_spawn\w*|remove|unlink|rmdir|removedirs|rename|replace|chmod|chown|kill|killpg|fork|startfile|putenv|symlink|link|truncate|write|open)|(subprocess|commands|pty|pexpect|sh|plumbum|importlib|runpy|code|timeit|cProfile|profile|pdb|ctypes|socket|webbrowser|urllib|urllib2|requests|httpx|http|ftplib|smtplib|multiprocessing|asyncio|marshal|pip|invoke|fabric)\.|shutil\.(rmtree|move|copy\w*)|(builtins\.)?(eval|exec|compile|execfile|__import__|open|input|breakpoint|apply|map)$|platform\.popen|types\.(FunctionType|CodeType)|operator\.methodcaller|_posixsubprocess)/.test(
    fn.name,
  );
}

/** What somebody who unpickles calls: told where it is no harmless maker of objects. */
export function reduced(call: OutsideCall, given: Value, callee: string): void {
  for (const each of alternatives(given)) {
    if (each.k !== "list") continue;
    const [fn, args] = each.items;
    if (fn === undefined || fn.k === "class") continue;
    for (const one of alternatives(fn)) {
      if (!runsSomething(one)) continue;
      call.emit({ kind: "deserialize", target: one.k === "ref" ? one.name : null, tags: ["reduce"], callee });
      call.call(one, args?.k === "list" ? args.items : []);
    }
  }
}
