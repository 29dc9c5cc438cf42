/** Python, as the evaluation asks for it. */

import { callByPool, pythonCallers } from "../calls/python-callers.ts";
import { reduced } from "../calls/python-objects.ts";
import { pythonSpecials, writeTo } from "../calls/python-special.ts";
import { pythonCalls } from "../calls/python-table.ts";
import { callKnown } from "../calls/table.ts";
import { lowerPython } from "../lower/python.ts";
import { modeTags } from "../shell/file-tools.ts";
import {
  alternatives,
  anyOf,
  asText,
  type ClassValue,
  constantValue,
  disguiseOf,
  type InstanceValue,
  instanceValue,
  isWhole,
  joinOrigins,
  listValue,
  noOrigins,
  numberValue,
  originsOf,
  type RefValue,
  refValue,
  textValue,
  unknown,
  unknownFrom,
  type Value,
} from "../value.ts";
import type { OutsideCall } from "./call.ts";
import type { Dialect } from "./dialect.ts";
import { isVariable } from "./member.ts";
import { binary } from "./operate.ts";
import { pythonFolds } from "./python-fold.ts";

/** Modules that go by several names. */
const aliases: readonly (readonly [RegExp, string])[] = [
  [/^(builtins|__builtin__|__builtins__)\./, ""],
  [/^(posix|nt)\.(?!path)/, "os."],
  [/^(posixpath|ntpath)\b/, "os.path"],
  [/^(io\.)?_io\./, "io."],
  [/^io\.open$/, "open"],
  [/^_(socket|thread|pickle|ctypes|codecs|struct|random|operator|functools|json|ssl|bz2|lzma|sqlite3)\b(?=\.)/, "$1"],
  [/^_posixsubprocess\./, "subprocess."],
  // A module of the library holds the modules that it imports.
  [
    /^(?!socket\.socket)(abc|ast|argparse|asyncio|base64|bdb|cgi|cmd|code|codecs|collections|configparser|contextlib|copy|ctypes|dis|email|fileinput|fnmatch|functools|getpass|glob|gzip|http|importlib|inspect|io|json|linecache|logging|mimetypes|multiprocessing|os|pathlib|pdb|pickle|pkgutil|platform|pprint|pty|random|re|runpy|shelve|shlex|shutil|signal|site|socket|socketserver|sqlite3|ssl|subprocess|sysconfig|tarfile|tempfile|threading|timeit|token|tokenize|trace|traceback|types|typing|unittest|urllib|uuid|venv|warnings|weakref|webbrowser|xmlrpc|zipfile|zipimport)(\.\w+)*\._?(os|sys|subprocess|socket|shutil|builtins|importlib)(?=\.|$)/,
    "$3",
  ],
  [/^six\.moves\.urllib/, "urllib"],
  [/^pathlib\.(PosixPath|PurePath|PurePosixPath|WindowsPath)\b/, "pathlib.Path"],
  [/^subprocess32\b/, "subprocess"],
  [/^(?:import )?pickle5\b/, "pickle"],
];

const importers = new Set([
  "__import__",
  "importlib.import_module",
  "importlib.__import__",
  "pydoc.locate",
  "pkgutil.resolve_name",
  "zope.dottedname.resolve.resolve",
]);

const scopes = new Set(["globals", "locals", "vars", "__builtins__", "builtins"]);

/** Bits of a mode, by their names. */
const modes: Readonly<Record<string, number>> = {
  S_ISUID: 0o4000,
  S_ISGID: 0o2000,
  S_ISVTX: 0o1000,
  S_IRWXU: 0o700,
  S_IRUSR: 0o400,
  S_IWUSR: 0o200,
  S_IXUSR: 0o100,
  S_IEXEC: 0o100,
  S_IRWXG: 0o070,
  S_IRGRP: 0o040,
  S_IWGRP: 0o020,
  S_IXGRP: 0o010,
  S_IRWXO: 0o007,
  S_IROTH: 0o004,
  S_IWOTH: 0o002,
  S_IXOTH: 0o001,
};

/** Members that are sources by themselves: who hands them on hands on all that they hold. */
const wholes: Readonly<Record<string, { readonly kind: "environment" | "input"; readonly tags: readonly string[] }>> = {
  "os.environ": { kind: "environment", tags: ["read", "all"] },
  "os.environb": { kind: "environment", tags: ["read", "all"] },
  "sys.stdin": { kind: "input", tags: [] },
  "flask.request": { kind: "input", tags: ["request"] },
  "bottle.request": { kind: "input", tags: ["request"] },
  "cherrypy.request": { kind: "input", tags: ["request"] },
  "quart.request": { kind: "input", tags: ["request"] },
  "sanic.request": { kind: "input", tags: ["request"] },
};

function canonical(name: string): string {
  for (const [pattern, to] of aliases) if (pattern.test(name)) return name.replace(pattern, to);
  return name;
}

function isPath(value: Value): value is InstanceValue {
  return value.k === "instance" && value.type === "pathlib.Path";
}

function path(text: Value): Value {
  return instanceValue("pathlib.Path", originsOf(text), [["path", text]]);
}

function pathOf(value: Value): Value {
  return value.k === "instance" ? (value.fields.get("path") ?? unknown) : value;
}

/** `Path("a") / "b"` and its methods. */
function onPath(call: OutsideCall, self: InstanceValue, method: string): Value | null {
  const own = pathOf(self);
  const target = asText(own);
  const from = originsOf(own);
  const disguise = disguiseOf(own);
  const emit = (seen: Parameters<OutsideCall["emit"]>[0]) => call.emit({ target, from, disguise, ...seen });
  switch (method) {
    case "read_text":
    case "read_bytes":
      return call.reading(target, emit({ kind: "read" }));
    case "write_text":
    case "write_bytes":
      writeTo(call, own, call.args.at(0), []);
      return unknown;
    case "open": {
      const opener = pythonSpecials["open"];
      return opener === undefined ? null : opener(call.but({ args: call.args.withFirst(own) }));
    }
    case "unlink":
    case "rmdir":
      emit({ kind: "delete" });
      return unknown;
    case "mkdir":
      emit({ kind: "write", tags: ["folder"] });
      return unknown;
    case "touch":
      emit({ kind: "write", tags: ["touch"] });
      return unknown;
    case "rename":
    case "replace":
      emit({ kind: "write", tags: ["move-from"] });
      writeTo(call, pathOf(call.args.at(0)), unknownFrom(from), ["move"]);
      return path(pathOf(call.args.at(0)));
    case "symlink_to":
    case "hardlink_to":
    case "link_to":
      emit({ kind: "write", tags: ["link"], data: asText(pathOf(call.args.at(0))) });
      return unknown;
    case "chmod": {
      const bits = call.args.at(0);
      emit({ kind: "write", tags: ["mode", ...modeTags(bits.k === "number" ? bits.n.toString(8) : "")] });
      return unknown;
    }
    case "iterdir":
    case "glob":
    case "rglob":
    case "walk": {
      const index = emit({ kind: "list", tags: method === "rglob" || method === "walk" ? ["recursive"] : [] });
      const inner = textValue(
        `${target.replace(/\/$/, "")}/${method === "glob" || method === "rglob" ? asText(call.args.at(0)) : "*"}`,
        [index],
      );
      return listValue([path(inner)], true, [index]);
    }
    case "joinpath":
      return path(call.call(refValue("os.path.join"), [own, ...call.args.values.map(pathOf)]));
    case "expanduser":
    case "resolve":
    case "absolute":
    case "with_suffix":
    case "with_name":
    case "relative_to":
      return self;
    case "as_posix":
    case "as_uri":
    case "__str__":
    case "__fspath__":
      return own;
    case "exists":
    case "is_file":
    case "is_dir":
    case "stat":
    case "lstat":
    case "is_symlink":
      return unknown;
    case "owner":
    case "group":
      call.emit({ kind: "system", target: "users", tags: ["read", "users"] });
      return unknown;
    default:
      return null;
  }
}

/** Ways from any object to the interpreter's own names. */
function innerMember(of: RefValue, name: string): Value | null {
  if (name === "__globals__" || name === "func_globals" || name === "f_globals" || name === "f_locals")
    return refValue("scope", null, of.from, [
      "dictionary",
      ...(of.name.startsWith("object.subclass") ? ["module os"] : []),
    ]);
  if (name === "__builtins__" || name === "f_builtins") return refValue("__builtins__", null, of.from, ["dictionary"]);
  if (name === "__self__" && of.self === null && !of.name.includes("."))
    return refValue("builtins", null, of.from, of.disguise);
  if (of.name === "frame" && (name === "f_back" || name === "tb_frame")) return of;
  if (of.name.startsWith("object.subclass") && name === "_module") return refValue("warnings", null, of.from);
  if (name === "tb_frame") return refValue("frame");
  if (of.name === "sys" && name === "executable") return textValue("/usr/bin/python3", of.from);
  return constants.get(`${of.name}.${name}`) ?? null;
}

/** What the library holds under a name. */
const constants: ReadonlyMap<string, Value> = new Map<string, Value>(
  Object.entries({
    "os.sep": "/",
    "os.path.sep": "/",
    "os.linesep": "\n",
    "os.pathsep": ":",
    "os.curdir": ".",
    "os.pardir": "..",
    "os.extsep": ".",
    "os.devnull": "/dev/null",
    "os.name": "posix",
    "sys.platform": "linux",
    "sys.byteorder": "little",
    "string.ascii_lowercase": "abcdefghijklmnopqrstuvwxyz",
    "string.ascii_uppercase": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "string.ascii_letters": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "string.digits": "0123456789",
    "string.hexdigits": "0123456789abcdefABCDEF",
    "string.octdigits": "01234567",
    "string.punctuation": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    "string.whitespace": " \t\n\r\v\f",
    "string.printable":
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ \t\n\r\v\f",
  }).map(([name, text]) => [name, textValue(text)]),
);

/** Names that are known in a module, as `dir` lists them. */
function membersOf(module: string): Value {
  const prefix = module === "builtins" || module === "__builtins__" ? "" : `${module}.`;
  const names = new Set<string>();
  for (const full of [...Object.keys(pythonSpecials), ...pythonCalls.keys(), ...Object.keys(pythonFolds)]) {
    if (!full.startsWith(prefix)) continue;
    const name = full.slice(prefix.length);
    if (/^\w+$/.test(name)) names.add(name);
    else if (prefix !== "" && /^\w+\./.test(name)) names.add(name.slice(0, name.indexOf(".")));
  }
  return names.size === 0
    ? listValue([unknown], true)
    : listValue([...names].slice(0, 512).map((name) => textValue(name)));
}

function withDisguise(value: Value, disguise: readonly string[]): Value {
  return value.k === "ref" ? { ...value, disguise: [...value.disguise, ...disguise] } : value;
}

const takesInput = /^(raw_)?input$|^sys\.stdin\.(buffer\.)?(read|readline)$/;

/** Standard input, where the request gives it; a line of it for what reads lines. */
function inputOf(call: OutsideCall, known: Value, name: string): Value {
  const [index] = originsOf(known);
  const given = index === undefined ? unknown : call.reading("/dev/stdin", index);
  if (given.k !== "text") return known;
  return name.endsWith("read") ? given : { ...given, text: given.text.split("\n")[0] ?? "" };
}

export const python: Dialect = {
  language: "python",
  lower: lowerPython,
  canonical,
  knows: (name) =>
    Object.hasOwn(pythonCallers, name) ||
    Object.hasOwn(pythonSpecials, name) ||
    Object.hasOwn(pythonFolds, name) ||
    pythonCalls.has(name),
  global: (name) =>
    name === "__file__"
      ? textValue("/workspace/main.py")
      : name === "__name__"
        ? textValue("__main__")
        : refValue(canonical(name)),
  memberOf: (call, of, name) => {
    const inner = innerMember(of, name);
    if (inner !== null) return inner;
    if (name === "__class__" || name === "__func__" || name === "__wrapped__") return of;
    if (name === "__dict__" && of.self === null)
      return refValue(of.name, null, of.from, [...of.disguise, "dictionary"]);
    if (of.name === "scope" && of.disguise.includes("module os") && call.lookup(name)?.k === "ref" && !/^__/.test(name))
      return refValue(
        canonical(/^(sys|stat|st|abc|warnings|io|subprocess)$/.test(name) ? name : `os.${name}`),
        null,
        of.from,
        of.disguise,
      );
    if (of.name === "scope")
      return name.startsWith("__builtin")
        ? refValue("__builtins__", null, of.from, of.disguise)
        : withDisguise(call.lookup(name) ?? refValue(canonical(name)), of.disguise);
    if (of.name === "sys.modules" && !/^(get|keys|items|pop)$/.test(name))
      return refValue(canonical(name), null, of.from, of.disguise);
    if (name === "__getitem__") return refValue(`${of.name}.__getitem__`, of);
    if (name === "__call__" || name === "__init__" || name === "__new__") return of;
    if (name === "__getattribute__" || name === "__getattr__") return refValue("getattr.of", of, of.from, of.disguise);
    // `os.environ` is what it is; its members are methods.
    if (of.name === "os.environ" || of.name === "os.environb") return refValue(`os.environ#${name}`, of);
    if (of.name === "sys.modules") return refValue(`sys.modules#${name}`, of);
    if (of.name === "sys" && name === "argv") {
      const words = call.words(call.emit({ kind: "input", target: "arguments", callee: "sys.argv" }), 1);
      if (words.k === "list") return words;
    }
    if (of.name === "sys.argv" || of.name === "sys.stdin") return refValue(`${of.name}.${name}`, null);
    if (of.name === "pathlib.Path" && (name === "home" || name === "cwd")) return refValue(`pathlib.Path.${name}`);
    if (of.name.includes("#")) return refValue(`${of.name}.${name}`, of.self ?? of, originsOf(of), of.disguise);
    const full = canonical(`${of.name}.${name}`);
    const bits = of.name === "stat" && Object.hasOwn(modes, name) ? modes[name] : undefined;
    if (bits !== undefined) return numberValue(bits);
    const source = Object.hasOwn(wholes, full) ? wholes[full] : undefined;
    if (source !== undefined) return refValue(full, null, [call.emit({ ...source, callee: full })], of.disguise);
    return refValue(full, null, of.from, of.disguise);
  },
  instanceMember: (of, name) => {
    if (of.type === "error" && name === "args")
      return listValue(
        of.fields.get("given")?.k === "list" ? (of.fields.get("given") as { items: Value[] }).items : [],
      );
    if (of.type === "module" && name === "__dict__") return refValue("scope", null, noOrigins, ["dictionary"]);
    if (name === "__dict__") return { k: "dict", entries: of.fields, open: true, from: of.from };
    if (name === "__globals__" || name === "__builtins__") return innerMember(refValue("function"), name);
    if (of.type === "pathlib.Path") {
      const own = pathOf(of);
      const text = asText(own);
      if (name === "parent" && isWhole(text))
        return path(textValue(text.split("/").slice(0, -1).join("/") || "/", originsOf(own)));
      if (name === "name" || name === "stem") return textValue(text.split("/").at(-1) ?? "", originsOf(own));
      if (name === "parents" || name === "suffix") return unknownFrom(originsOf(own));
    }
    if (of.type === "http.response" && /^(text|content|body|url|headers|reason|status|status_code|data)$/.test(name))
      return unknownFrom(originsOf(of));
    return null;
  },
  assignMember: (call, name) => {
    if (call.name === "os" && name === "environ") call.emit({ kind: "environment", target: null, tags: ["write"] });
    else if (call.name === "os.environ")
      call.emit({ kind: "environment", target: name, tags: ["write"], data: asText(call.args.at(0)) });
  },
  item: (call, of, key) => {
    if (of.k === "ref" && (of.name === "os.environ" || of.name === "os.environb")) {
      const index = call.emit({ kind: "environment", target: asText(key), tags: ["read"], callee: "os.environ" });
      // A name that was found in the environment itself stands for all of them.
      return originsOf(key).length > 0
        ? unknownFrom(joinOrigins([index], originsOf(key)))
        : call.variable(asText(key), index);
    }
    if (of.k === "ref" && of.name === "sys.argv" && asText(key) === "0") return textValue("/workspace/main.py");
    if (of.k === "instance" && of.type === "configparser.ConfigParser")
      return of.fields.get(`section ${asText(key)}`) ?? unknownFrom(of.from);
    if (of.k === "ref" && of.name === "sys.argv") {
      const words = call.words(call.emit({ kind: "input", target: "arguments", callee: "sys.argv" }), 1);
      return words.k === "list" && key.k === "number"
        ? (words.items.at(key.n) ?? unknown)
        : unknownFrom(originsOf(words));
    }
    // Any class of the interpreter may be meant: what all of them lead to is what matters.
    if (of.k === "ref" && /(__bases__|__mro__|\bmro|__subclasses__|^subclasses)$/.test(of.name))
      return refValue("object.subclass", null, of.from);
    const whole = key.k === "text" && isVariable(key.text) ? call.partOf(of) : of;
    return unknownFrom(joinOrigins(originsOf(whole), originsOf(key)));
  },
  itemIsMember: (of) =>
    of.k === "ref" &&
    (scopes.has(of.name) || of.disguise.includes("dictionary") || of.name === "sys.modules" || of.name === "scope"),
  iterate: (over) => {
    if (over.k === "ref" && over.name === "subclasses") return refValue("object.subclass", null, over.from);
    if (over.k === "instance" && over.type === "path.entries") {
      const text = asText(over.fields.get("path") ?? unknown);
      return textValue(/[*?[]/.test(text) ? text : `${text.replace(/\/$/, "")}/*`, originsOf(over));
    }
    if (over.k === "instance" && over.type === "socket.accepted") return instanceValue("socket.socket", over.from);
    if (over.k === "instance" && over.type === "list.streams") return instanceValue("process.stream", over.from);
    if (over.k === "instance" && over.type === "list.streams2")
      return anyOf([instanceValue("stream.reader", over.from), instanceValue("stream.writer", over.from)]);
    if (over.k === "ref" && over.name === "os.environ") return unknownFrom(over.from);
    if (over.k === "instance" && over.type === "psutil.Process") return over;
    return null;
  },
  operate: (sign, left, right) => {
    // A text that is filled in from the environment holds the variables that it names.
    if (sign === "|" && left.k === "unknown" && right.k === "number" && right.n >= 0o2000) return right;
    if (sign === "%" && right.k === "ref" && right.name === "os.environ") return unknownFrom(originsOf(left));
    if (sign === "/" && (alternatives(left).some(isPath) || alternatives(right).some(isPath))) {
      const joined = binary(
        "+",
        binary("+", pathOf(alternatives(left)[0] ?? left), textValue("/"), "python"),
        pathOf(alternatives(right)[0] ?? right),
        "python",
      );
      return path(joined);
    }
    return null;
  },
  call: (call) => {
    const { name, self } = call;
    if (importers.has(name)) return python.importValue(call.args.at(0), call);
    if (name === "globals" || name === "locals" || name === "vars") {
      const [of] = call.args.values;
      if (of === undefined) return refValue("scope", null, noOrigins, ["dictionary"]);
      return of.k === "instance" ? call.member(of, "__dict__") : withDisguise(of, ["dictionary"]);
    }
    if (name === "scope#update" || name === "scope.update") {
      const [given] = call.args.values;
      for (const [key, value] of [...(given?.k === "dict" ? given.entries : []), ...call.args.named])
        call.define(key, value);
      return constantValue(null);
    }
    if (
      (name === "setattr" || name === "scope.__setitem__" || name === "dict#__setitem__") &&
      call.args.values.length >= 2
    ) {
      const values = name === "setattr" ? call.args.values : [self ?? unknown, ...call.args.values];
      const [of, key, value] = values;
      if (of !== undefined && key?.k === "text" && value !== undefined) call.set(of, key.text, value);
      return constantValue(null);
    }
    if (/(__subclasses__|\.mro)$/.test(name))
      return refValue(name.endsWith("mro") ? "object.mro" : "subclasses", null, noOrigins);
    if (name === "object.subclass.load_module" || name === "object.subclass.find_module")
      return python.importValue(call.args.at(0), call);
    if (name === "object.subclass") return call.call(refValue("subprocess.Popen"), call.args.values, call.args.named);
    if (/^[A-Z]\w*(Error|Exception|Exit|Interrupt|Warning|Iteration)$|^(Base)?Exception(Group)?$/.test(name))
      return instanceValue("error", call.args.origins, [["given", listValue(call.args.values)]]);
    if (name === "sys._getframe" || name === "inspect.currentframe") return refValue("frame");
    if (name === "sys.exc_info") return unknown;
    if (name === "staticmethod" || name === "classmethod" || name === "property") return call.args.at(0);
    if (name === "getattr.of") {
      const attribute = pythonFolds["getattr"];
      return attribute === undefined || self === null ? null : attribute(call.but({ args: call.args.withFirst(self) }));
    }
    if (name === "dir") {
      const [of] = call.args.values;
      return of?.k === "ref" ? membersOf(of.name) : unknown;
    }
    if (name === "pathlib.Path") {
      const values = call.args.values.map(pathOf);
      return path(
        values.length === 0
          ? textValue(".")
          : values.length === 1
            ? (values[0] ?? unknown)
            : call.call(refValue("os.path.join"), values),
      );
    }
    const program = /^(?:sh|plumbum\.cmd)\.(\w+)$/.exec(name)?.[1];
    if (program !== undefined && !/^[A-Z]/.test(program))
      return call.command([textValue(program.replaceAll("_", "-")), ...call.args.values], null);
    if (name === "pathlib.Path.home") return path(textValue("~"));
    if (name === "pathlib.Path.cwd") return path(textValue("."));
    if (name === "os.getcwd") return textValue("/workspace");
    if (
      /^(scope|sys\.modules|__builtins__|builtins|os\.environ)[#.](get|__getitem__)$/.test(name) &&
      !name.startsWith("os.environ")
    ) {
      const of = self ?? refValue(name.split(/[#.]/)[0] ?? "");
      return python.itemIsMember(of) ? call.call(refValue("getattr"), [of, call.args.at(0)]) : null;
    }
    if (name.endsWith("#()") && self?.k === "instance" && self.type === "codecs.decoder")
      return call.call(refValue("codecs.decode"), [call.args.at(0), self.fields.get("kind") ?? unknown]);
    if (self?.k === "instance" && self.type === "pathlib.Path") {
      const found = onPath(call, self, name.split("#").at(-1) ?? "");
      if (found !== null) return found;
    }
    if (self?.k === "ref" && name.includes(".__getitem__")) return python.item(call, self, call.args.at(0));
    for (const table of [pythonCallers, pythonSpecials, pythonFolds]) {
      const fold = Object.hasOwn(table, name) ? table[name] : undefined;
      const value = fold?.(call) ?? null;
      if (value !== null) return value;
    }
    const known = callKnown(pythonCalls, name, call);
    if (known !== null) return takesInput.test(name) ? inputOf(call, known, name) : known;
    return byShape(call) ?? callByPool(call, name.split(/[#.]/).at(-1) ?? "");
  },
  callUnknown: (fn, call) => {
    void call;
    return unknownFrom(originsOf(fn));
  },
  importValue: (name, call) => {
    const found = alternatives(name).map((each) => {
      const text = asText(each);
      if (each.k === "text" && isWhole(text))
        return refValue(
          canonical(
            call.name === "__import__" && !call.args.named.has("fromlist") ? (text.split(".")[0] ?? text) : text,
          ),
          null,
          each.from,
          [...disguiseOf(each), "import"],
        );
      call.emit({ kind: "import", target: text, from: originsOf(each), tags: ["computed"], callee: "import" });
      call.emit({ kind: "opaque", from: originsOf(each), callee: "import" });
      return unknownFrom(originsOf(each));
    });
    const [only] = found;
    return found.length === 1 && only !== undefined ? only : { k: "choice", of: found, from: noOrigins };
  },
  imported: (call) => {
    const full = canonical(call.name);
    const source = Object.hasOwn(wholes, full) ? wholes[full] : undefined;
    return source === undefined ? null : refValue(full, null, [call.emit({ ...source, callee: full })]);
  },
  defined: (of, call) => {
    reducer(of, call);
  },
};

/** A class that says how it is unpickled runs what it says. */
function reducer(of: ClassValue, call: OutsideCall): void {
  for (const name of ["__reduce__", "__reduce_ex__"]) {
    const method = of.members.get(name);
    if (method?.k !== "function") continue;
    reduced(call, call.call({ ...method, self: unknown }, [unknown]), name);
  }
  const state = of.members.get("__setstate__");
  if (state?.k !== "function") return;
  const index = call.emit({ kind: "input", target: "state", tags: ["unpickled"], callee: "__setstate__" });
  call.call({ ...state, self: null }, [unknown, unknownFrom([index])]);
}

/** Calls of things that are not known, by what they are called: only where the word leaves little doubt. */
function byShape(call: OutsideCall): Value | null {
  const { name, self } = call;
  const method = name.split(/[#.]/).at(-1) ?? "";
  const from = joinOrigins(self === null ? noOrigins : originsOf(self), call.args.origins);
  // Results of results of one kind are of that kind: a response's text, a stream's lines.
  if (self?.k === "instance" && /^(http|process|file|socket|list|pandas|urllib)/.test(self.type))
    return unknownFrom(from);
  if (method === "kill" || method === "terminate" || method === "send_signal") {
    if (self?.k === "instance" && self.type === "subprocess.Popen") return unknownFrom(from);
    if (self !== null && from.some(() => true)) {
      call.emit({ kind: "signal", target: null, from, tags: ["object"] });
      return unknown;
    }
  }
  if (method === "to_csv" && call.args.values.length > 0) writeTo(call, call.args.at(0), unknownFrom(from), []);
  return null;
}
