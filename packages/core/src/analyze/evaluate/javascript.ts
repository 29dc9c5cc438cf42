/** JavaScript and TypeScript, as the evaluation asks for them. */

import { javaScriptCalls } from "../calls/javascript-table.ts";
import { evaluated } from "../calls/python-special.ts";
import { callKnown } from "../calls/table.ts";
import { percentDecoded } from "../decode.ts";
import { lowerJavaScript } from "../lower/javascript.ts";
import {
  alternatives,
  anyOf,
  asText,
  disguiseOf,
  instanceValue,
  isWhole,
  joinOrigins,
  listValue,
  noOrigins,
  numberValue,
  originsOf,
  refValue,
  textValue,
  unknown,
  unknownFrom,
  type Value,
} from "../value.ts";
import type { OutsideCall } from "./call.ts";
import type { Dialect } from "./dialect.ts";
import { javaScriptFolds } from "./javascript-fold.ts";
import { isVariable } from "./member.ts";

const globals = /^(globalThis|global|window|self|top|parent|frames)\./;

/** One name for a function: without `node:`, `Sync`, `promises` and `default`. */
function canonical(name: string): string {
  let text = name.replace(/^node:/, "").replace(globals, "");
  text = text
    .replace(/^fs\/promises\b/, "fs")
    .replace(/^(fs-extra|graceful-fs|memfs|fs-jetpack)\b/, "fs")
    .replace(/^fs\.(default\.)?promises\b/, "fs")
    .replace(/^(timers|readline|dns|stream|util)\/promises\b/, "$1")
    .replace(
      /^(os|fs|path|child_process|http|https|net|dns|util|zlib|vm|crypto|stream|url|tls|dgram|cluster|process|process|v8|module|readline|events|assert|buffer)\.default\b/,
      "$1",
    );
  if (/^(fs|child_process|zlib|glob)\./.test(text)) text = text.replace(/Sync$/, "");
  if (text === "buffer.Buffer") return "Buffer";
  if (text.startsWith("buffer.Buffer.")) return text.slice("buffer.".length);
  if (text === "process.default") return "process";
  return text;
}

/** The environment: a name of it is one variable; who hands it on as it is hands on all of them. */
function environmentOf(call: OutsideCall): Value {
  const index = call.emit({ kind: "environment", target: null, tags: ["read", "all"], callee: "environment" });
  return refValue("environment", null, [index]);
}

/** Ways to `require`. */
const requirers =
  /^(require|module\.require|process\.mainModule\.require|require\.main\.require|import|module\.createRequire#\(\)|Module\._load|module\.constructor\._load|module\._load|process\.binding|process\.getBuiltinModule)$/;

function knows(name: string): boolean {
  return Object.hasOwn(javaScriptFolds, name) || javaScriptCalls.has(name);
}

/** Names that are known in a module, as `Object.keys` lists them. */
function membersOf(module: string): Value {
  const prefix = `${module}.`;
  const names = new Set<string>();
  for (const full of [...Object.keys(javaScriptFolds), ...javaScriptCalls.keys()]) {
    const name = full.startsWith(prefix) ? full.slice(prefix.length) : "";
    if (!/^\w+$/.test(name)) continue;
    names.add(name);
    if (/^(fs|child_process|zlib)$/.test(module)) names.add(`${name}Sync`);
  }
  return names.size === 0
    ? listValue([unknown], true)
    : listValue([...names].slice(0, 512).map((name) => textValue(name)));
}

export const javaScript: Dialect = {
  language: "javascript",
  lower: lowerJavaScript,
  canonical,
  knows,
  global: (name) => {
    if (name === "undefined") return { k: "constant", value: null, from: noOrigins };
    if (name === "__dirname") return textValue("/workspace");
    if (name === "__filename") return textValue("/workspace/main.mjs");
    return refValue(canonical(name));
  },
  memberOf: (call, of, name) => {
    if (of.name === "process" && name === "env") return environmentOf(call);
    if (of.name === "environment") return javaScript.item(call, of, textValue(name));
    if (of.name === "process" && (name === "argv" || name === "stdin")) {
      const index = call.emit({ kind: "input", target: name, callee: `process.${name}` });
      return name === "argv" ? call.words(index, 2) : unknownFrom([index]);
    }
    if (of.name === "process" && (name === "execPath" || name === "argv0")) return textValue("/usr/bin/node", of.from);
    if (of.name === "process" && name === "platform") return textValue("linux", of.from);
    if (of.name === "arguments" && name === "length") return numberValue(5);
    if (name === "default" || name === "promises") return of;
    // Every function's constructor makes functions of text.
    if (name === "constructor" && (of.self !== null || knows(of.name)))
      return refValue("Function", null, of.from, [...of.disguise, "constructor"]);
    if ((name === "call" || name === "apply") && of.name !== "Reflect")
      return refValue(`outside#${name}`, of, of.from, of.disguise);
    if (name === "bind") return refValue("outside#bind", of, of.from, of.disguise);
    if (name === "prototype" || name === "__proto__") return of;
    if (name === "length" && of.self?.k === "text") return unknown;
    if (of.name.includes("#")) return refValue(`${of.name}.${name}`, of.self ?? of, originsOf(of), of.disguise);
    const full = canonical(`${of.name}.${name}`);
    return refValue(full, null, of.from, of.disguise);
  },
  instanceMember: (of, name) => {
    if (name === "constructor") return refValue("Function", null, of.from, ["constructor"]);
    if (of.type === "http.response" && /^(body|data|text|headers|status|url|statusCode)$/.test(name))
      return unknownFrom(originsOf(of));
    if (of.type === "http.request" && !/^(on|once|pipe|addListener|setEncoding)$/.test(name))
      return unknownFrom(originsOf(of));
    if (of.type === "URL" && /^(href|pathname|search|host|hostname)$/.test(name))
      return of.fields.get("path") ?? unknown;
    return null;
  },
  assignMember: (call, name) => {
    const { self } = call;
    if (call.name === "environment" || (self?.k === "ref" && self.name === "environment"))
      call.emit({ kind: "environment", target: name, tags: ["write"], callee: "environment" });
  },
  item: (call, of, key) => {
    if (of.k === "ref" && of.name === "environment") {
      const name = asText(key);
      const index = call.emit({ kind: "environment", target: name, tags: ["read"], callee: "environment" });
      // A name that was found in the environment itself stands for all of them.
      return originsOf(key).length > 0 ? unknownFrom(joinOrigins([index], originsOf(key))) : call.variable(name, index);
    }
    // What a module is wrapped in: its exports, `require`, itself, its file and its folder.
    if (of.k === "ref" && of.name === "arguments" && key.k === "number")
      return refValue(["exports", "require", "module", "__filename", "__dirname"][key.n] ?? "arguments");
    const whole = key.k === "text" && isVariable(key.text) ? call.partOf(of) : of;
    return unknownFrom(joinOrigins(originsOf(whole), originsOf(key)));
  },
  itemIsMember: () => true,
  iterate: () => null,
  operate: (sign, left, right) => {
    // An address that was made of parts is its text.
    if (sign === "+" && (left.k === "instance" || right.k === "instance")) {
      const [a, b] = [left, right].map((each) =>
        each.k === "instance" ? (each.fields.get("path") ?? unknownFrom(each.from)) : each,
      );
      if (a !== undefined && b !== undefined && a !== left && a.k === "text" && b.k === "text")
        return textValue(a.text + b.text, joinOrigins(a.from, b.from));
    }
    return null;
  },
  call: (call) => {
    const { name, self } = call;
    if (/^(Object\.(keys|getOwnPropertyNames)|Reflect\.ownKeys)$/.test(name)) {
      const [of] = call.args.values;
      if (of?.k === "ref" && of.self === null) return membersOf(of.name);
    }
    if (requirers.test(name)) return javaScript.importValue(call.args.at(0), call);
    if (name === "module.createRequire") return refValue("require", null, noOrigins, []);
    if (name === "outside#call" || name === "outside#apply" || name === "outside#bind") {
      if (self === null) return null;
      const [, ...given] = call.args.values;
      if (name === "outside#bind")
        return given.length === 0
          ? self
          : instanceValue("bound", noOrigins, [
              ["fn", self],
              ["given", listValue(given)],
            ]);
      return call.call(self, name === "outside#apply" && given[0]?.k === "list" ? given[0].items : given);
    }
    if (/^(function|class|str|list|dict|number)#constructor$/.test(name))
      return call.call(refValue("Function", null, noOrigins, ["constructor"]), call.args.values);
    if (/^(\?|str|list|number|function|dict)#constructor\.constructor$/.test(name))
      return call.call(refValue("Function", null, noOrigins, ["constructor"]), call.args.values);
    const fold = Object.hasOwn(javaScriptFolds, name) ? javaScriptFolds[name] : undefined;
    const value = fold?.(call) ?? null;
    if (value !== null) return value;
    const known = callKnown(javaScriptCalls, name, call);
    if (known?.k === "instance" && known.type === "fetch") return javaScriptFolds["fetch"]?.(call) ?? known;
    if (known !== null) return known;
    return byShape(call);
  },
  callUnknown: (fn) => unknownFrom(originsOf(fn)),
  imported: (call) => (/^process\.env$/.test(canonical(call.name)) ? environmentOf(call) : null),
  importValue: (name, call) => {
    const found = alternatives(name).map((each): Value => {
      const text = asText(each);
      const written = each.k === "text" ? call.written(text) : null;
      if (written !== null) {
        call.emit({
          kind: "run",
          target: text,
          tags: ["file", "written"],
          from: originsOf(written),
          callee: "require",
        });
        return evaluated(call, written);
      }
      if (each.k === "text" && isWhole(text)) {
        if (/\.node$/.test(text)) call.emit({ kind: "native", target: text, tags: ["library"], callee: "require" });
        const module = refValue(canonical(text), null, each.from, disguiseOf(each));
        if (/^https?:\/\//.test(text)) {
          const index = call.emit({ kind: "fetch", target: text, callee: "import" });
          call.emit({ kind: "import", target: text, from: [index], tags: ["remote"], callee: "import" });
          call.emit({ kind: "opaque", from: [index], callee: "import" });
        }
        if (text.startsWith("data:")) return call.evaluate(dataUrl(text));
        return module;
      }
      call.emit({ kind: "import", target: text, from: originsOf(each), tags: ["computed"], callee: call.name });
      if (!text.replaceAll("\uE000", "").includes("/"))
        call.emit({ kind: "opaque", from: originsOf(each), callee: call.name });
      return unknownFrom(originsOf(each));
    });
    return anyOf(found);
  },
};

/** The code in `data:text/javascript,…`. */
function dataUrl(text: string): string {
  const match = /^data:[^,]*?(;base64)?,([\s\S]*)$/.exec(text);
  const [, isBase64, body = ""] = match ?? [];
  return isBase64 === undefined ? percentDecoded(body) : Buffer.from(body, "base64").toString("utf8");
}

function byShape(call: OutsideCall): Value | null {
  const { name, self } = call;
  const method = name.split(/[#.]/).at(-1) ?? "";
  const from = joinOrigins(self === null ? noOrigins : originsOf(self), call.args.origins);
  if (method === "length" && self?.k === "list") return numberValue(self.items.length);
  if (self !== null && ["then", "catch", "finally"].includes(method))
    return javaScriptFolds["?#then"]?.(call.but({ name: `?#${method}` })) ?? null;
  if (self?.k === "instance" && (method === "on" || method === "once" || method === "addEventListener"))
    return javaScriptFolds["http.stream#on"]?.(call) ?? null;
  if (method === "pipe" && self !== null) return javaScriptFolds["?#pipe"]?.(call) ?? null;
  if (self?.k === "instance" && self.type === "http.response") return unknownFrom(from);
  // Modules compile what they are given.
  if (method === "_compile") return evaluated(call, call.args.at(0));
  if (call.isNew && self === null) return instanceValue(name, from);
  return null;
}
