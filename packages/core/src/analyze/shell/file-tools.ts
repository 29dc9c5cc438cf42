/** Tools that make, change, list and remove files. */

import { unpacked, utf8Decoded } from "../decode.ts";
import { concatenated } from "../evaluate/operate.ts";
import {
  asText,
  derived,
  hole,
  joinOrigins,
  noOrigins,
  originsOf,
  textValue,
  unknown,
  unknownFrom,
  type Value,
} from "../value.ts";
import { originsOfAll } from "./builtins.ts";
import { paths, type Tool } from "./operands.ts";
import { parseOptions } from "./options.ts";
import { bytesOf } from "./text-tools.ts";

const nothing = textValue("");

const copy: Tool = (call) => {
  const { values, rest, set } = parseOptions(call.args, "t target-directory S suffix m o g mode owner group");
  const target = values.get("t")?.[0] ?? values.get("target-directory")?.[0] ?? rest.at(-1);
  const sources = values.has("t") || values.has("target-directory") ? rest : rest.slice(0, -1);
  if (call.name === "install" && set.has("d")) {
    for (const each of rest) call.shell.writeFile(each, null, "install", ["folder"]);
    return nothing;
  }
  if (target === undefined) return nothing;
  let content: Value = textValue("");
  for (const each of sources) {
    const one = call.shell.readFile(each, call.name);
    content = sources.length === 1 ? one : unknownFrom(joinOrigins(originsOf(content), originsOf(one)));
  }
  call.shell.writeFile(target, content, call.name, ["copy", ...modeTags(asText(values.get("m")?.[0] ?? unknown))]);
  return nothing;
};

const move: Tool = (call) => {
  const { values, rest } = parseOptions(call.args, "t target-directory S suffix");
  const target = values.get("t")?.[0] ?? rest.at(-1);
  const sources = values.has("t") ? rest : rest.slice(0, -1);
  for (const { path, value } of paths(sources)) {
    call.emit({ kind: "write", target: path, tags: ["move-from"], from: originsOf(value) });
    const known = call.shell.session.writtenTo(path);
    if (target !== undefined)
      call.shell.writeFile(target, known?.content ?? unknownFrom(known?.from ?? noOrigins), "mv", ["move"]);
  }
  return nothing;
};

const link: Tool = (call) => {
  const { rest } = parseOptions(call.args, "t S");
  const [source, target] = rest;
  // Another name for a file is as good as a copy of it.
  if (source !== undefined && target !== undefined && asText(source).startsWith("/"))
    call.emit({ kind: "read", target: asText(source), tags: ["link"], from: originsOf(source) });
  if (target !== undefined)
    call.emit({
      kind: "write",
      target: asText(target),
      tags: ["link"],
      data: source === undefined ? null : asText(source),
    });
  else if (source !== undefined) call.emit({ kind: "write", target: ".", tags: ["link"], data: asText(source) });
  return nothing;
};

function remover(...always: readonly string[]): Tool {
  return (call) => {
    const { rest, set } = parseOptions(call.args, "n iterations");
    const tags = [...always];
    if (set.has("r") || set.has("R") || set.has("recursive")) tags.push("recursive");
    if (set.has("f") || set.has("force")) tags.push("force");
    if (set.has("no-preserve-root")) tags.push("no-preserve-root");
    const targets = rest.length === 0 && call.stdin !== null ? [unknownFrom(originsOf(call.stdin))] : rest;
    for (const { path, value } of paths(targets))
      call.emit({ kind: "delete", target: path, tags, from: originsOf(value) });
    return nothing;
  };
}

const shred: Tool = (call) => {
  const { rest, set } = parseOptions(call.args, "n s iterations size");
  for (const { path, value } of paths(rest)) {
    call.emit({ kind: "write", target: path, tags: ["overwrite"], from: originsOf(value) });
    if (set.has("u") || set.has("remove")) call.emit({ kind: "delete", target: path, from: originsOf(value) });
  }
  return nothing;
};

function maker(takes: string, ...tags: readonly string[]): Tool {
  return (call) => {
    const { rest } = parseOptions(call.args, takes);
    for (const { path, value } of paths(rest)) call.emit({ kind: "write", target: path, tags, from: originsOf(value) });
    return nothing;
  };
}

export function modeTags(mode: string): readonly string[] {
  const tags: string[] = [];
  if (/^[0-7]*[4-7][0-7]{3}$/.test(mode) && mode.length >= 4 && mode[mode.length - 4] !== "0") tags.push("set-id");
  if (/[+=][rwxXt]*s/.test(mode)) tags.push("set-id");
  if (/^[0-7]*[0-7][0-7][2367]$/.test(mode) || /(^|,)(o|a|)[+=]\w*w/.test(mode)) tags.push("world-writable");
  if (/^[0-7]?[1357][0-7]{2}$/.test(mode) || /(^|,)[ugoa]*[+=]\w*x/.test(mode)) tags.push("executable");
  return tags;
}

const mode: Tool = (call) => {
  const { rest, set } = parseOptions(
    call.args.filter((each) => !/^-[rwxst]+$/.test(asText(each))),
    "reference",
  );
  const [how, ...files] = rest;
  const tags = [
    "mode",
    ...modeTags(asText(how ?? unknown)),
    ...(set.has("R") || set.has("recursive") ? ["recursive"] : []),
  ];
  for (const { path, value } of paths(files)) call.emit({ kind: "write", target: path, tags, from: originsOf(value) });
  return nothing;
};

const owner: Tool = (call) => {
  const { rest, set } = parseOptions(call.args, "reference from");
  const tags = ["owner", ...(set.has("R") || set.has("recursive") ? ["recursive"] : [])];
  for (const { path, value } of paths(rest.slice(1)))
    call.emit({ kind: "write", target: path, tags, from: originsOf(value), data: asText(rest[0] ?? unknown) });
  return nothing;
};

const list: Tool = (call) => {
  const { rest, set } = parseOptions(call.args, "I w T d max-depth exclude L block-size");
  const tags = set.has("R") || call.name === "du" || call.name === "tree" ? ["recursive"] : [];
  const targets = rest.length === 0 ? [textValue(".")] : rest;
  const indexes = paths(targets).map(({ path, value }) =>
    call.emit({ kind: "list", target: path, tags, from: originsOf(value) }),
  );
  return unknownFrom(indexes);
};

const find: Tool = (call) => {
  const words = call.args.map(asText);
  const first = words.findIndex((each) => /^[-(!]/.test(each));
  const roots = call.args.slice(0, first === -1 ? undefined : first);
  const targets = roots.length === 0 ? [textValue(".")] : roots;
  const names = words.flatMap((each, index) =>
    /^-i?(name|path|regex|wholename)$/.test(each) ? [words[index + 1] ?? ""] : [],
  );
  const perm = words.includes("-perm") ? [`perm:${words[words.indexOf("-perm") + 1] ?? ""}`] : [];
  const tags = ["recursive", ...names.map((each) => `for:${each.slice(0, 60)}`), ...perm];
  const indexes = paths(targets).map(({ path, value }) =>
    call.emit({ kind: "list", target: path, tags, from: originsOf(value) }),
  );
  const narrowed =
    names.length > 0 || words.some((each) => /^-(mtime|size|newer|user|empty|mmin|atime|ctime|links|inum)$/.test(each));
  const found = paths(targets).map(({ path }) =>
    names[0] === undefined
      ? textValue(`${path.replace(/\/$/, "")}/${hole}`, indexes)
      : textValue(`${path.replace(/\/$/, "")}/${hole}${names[0].replaceAll("*", "")}`, indexes),
  );
  const target = found[0] ?? unknownFrom(indexes);
  if (words.includes("-delete"))
    for (const { path } of paths(targets))
      call.emit({
        kind: "delete",
        target: path,
        tags: narrowed ? ["recursive", "narrowed"] : ["recursive"],
        from: indexes,
      });
  words.forEach((each, index) => {
    if (!/^-(exec|execdir|ok|okdir)$/.test(each)) return;
    const end = words.findIndex((one, at) => at > index && (one === ";" || one === "+" || one === "\\;"));
    const command = call.args.slice(index + 1, end === -1 ? undefined : end);
    call.shell.execute(
      command.map((one) => (asText(one).includes("{}") ? replacedIn(one, target) : one)),
      null,
      call.node,
    );
  });
  return found.length === 1 && found[0] !== undefined ? unknownFrom(indexes) : unknownFrom(indexes);
};

function replacedIn(word: Value, target: Value): Value {
  const text = asText(word);
  if (text === "{}") return target;
  return concatenated(
    text.split("{}").flatMap((part, index) => (index === 0 ? [textValue(part)] : [target, textValue(part)])),
  );
}

const archive: Tool = (call) => {
  // The oldest form of its options has no dash.
  const words = call.args.map(asText);
  const bundle =
    words[0] !== undefined && /^[a-zA-Z]+$/.test(words[0])
      ? [textValue(`-${words[0]}`), ...call.args.slice(1)]
      : call.args;
  const { set, values, rest } = parseOptions(
    bundle,
    "f file C directory T X exclude transform strip-components I use-compress-program",
  );
  const file = values.get("f")?.[0] ?? values.get("file")?.[0];
  const compress = values.get("I")?.[0] ?? values.get("use-compress-program")?.[0];
  if (compress !== undefined) call.shell.execute([compress], null, call.node);
  for (const each of words) {
    const action = /^--checkpoint-action=exec=([\s\S]*)$/.exec(each)?.[1];
    if (action !== undefined) call.shell.evaluate(textValue(action), call.node);
  }
  if (set.has("c") || set.has("create") || set.has("r") || set.has("append")) {
    const folder = asText(values.get("C")?.[0] ?? values.get("directory")?.[0] ?? textValue("")).replace(/\/$/, "");
    const indexes = paths(rest).map(({ path, value }) =>
      call.emit({
        kind: "read",
        target: folder === "" || /^[/~]/.test(path) ? path : path === "." ? folder : `${folder}/${path}`,
        tags: ["recursive", "archive"],
        from: originsOf(value),
      }),
    );
    if (file === undefined || asText(file) === "-") return unknownFrom(indexes);
    call.shell.writeFile(file, unknownFrom(indexes), "tar", ["archive"]);
    return nothing;
  }
  const input = file === undefined || asText(file) === "-" ? (call.stdin ?? unknown) : call.shell.readFile(file, "tar");
  if (set.has("x") || set.has("extract")) {
    const target = values.get("C")?.[0] ?? values.get("directory")?.[0] ?? textValue(".");
    call.emit({ kind: "write", target: asText(target), tags: ["unpack"], from: originsOf(input) });
    return nothing;
  }
  return unknownFrom(originsOf(input));
};

function zipper(unpacks: boolean): Tool {
  return (call) => {
    const { rest, set, values } = parseOptions(call.args, "d P x i o S");
    const isUnpacking = unpacks || set.has("d") || set.has("decompress");
    if (call.name === "zip") {
      const indexes = paths(rest.slice(1)).map(({ path }) =>
        call.emit({ kind: "read", target: path, tags: ["archive", ...(set.has("r") ? ["recursive"] : [])] }),
      );
      if (rest[0] !== undefined)
        call.shell.writeFile(rest[0], unknownFrom(indexes), "zip", [
          "archive",
          ...(set.has("P") || set.has("e") ? ["encrypted"] : []),
        ]);
      return nothing;
    }
    if (rest.length === 0 && isUnpacking && call.stdin?.k === "text" && call.name.startsWith("g")) {
      const bytes = unpacked(bytesOf(call.stdin.text), "gzip");
      if (bytes !== null) return textValue(utf8Decoded(bytes), call.stdin.from, [...call.stdin.disguise, "gzip"]);
    }
    const contents = rest
      .slice(0, call.name === "unzip" ? 1 : undefined)
      .map((each) => call.shell.readFile(each, call.name));
    const from = originsOfAll(contents);
    if (set.has("c") || set.has("stdout") || rest.length === 0 || set.has("l") || set.has("p"))
      return rest.length === 0 && call.stdin !== null ? derived(call.stdin) : unknownFrom(from);
    const target = values.get("d")?.[0] ?? (call.name === "unzip" ? textValue(".") : (rest[0] ?? unknown));
    call.emit({ kind: "write", target: asText(target), tags: [isUnpacking ? "unpack" : "archive"], from });
    return nothing;
  };
}

/** Names of files in a text, one a line. */
function namesIn(value: Value): readonly string[] {
  const text = asText(value);
  return text === hole || text.includes(hole)
    ? []
    : text
        .split("\n")
        .filter((each) => each.startsWith("/"))
        .slice(0, 32);
}

/** Encrypts what it is given, or shows what was encrypted. */
const encrypts: Tool = (call) => {
  call.emit({ kind: "run", target: call.name });
  const { rest, values, set } = parseOptions(
    call.args,
    "o output r recipient u local-user passphrase passphrase-file homedir cipher-algo keyserver recv-keys i d-key k K",
  );
  const isKeys = [...set].some((each) => /key|import|export|list|trust|card|version|verify|sign|^b$|^s$/.test(each));
  if (isKeys || set.has("d") || set.has("decrypt")) {
    for (const each of set.has("d") || set.has("decrypt") ? rest : []) call.shell.readFile(each, call.name);
    for (const each of [...(values.get("o") ?? []), ...(values.get("output") ?? [])])
      call.shell.writeFile(each, null, call.name);
    return unknown;
  }
  const contents = rest.map((each) => call.shell.readFile(each, call.name));
  const from = originsOfAll(call.stdin === null ? contents : [...contents, call.stdin]);
  for (const each of [...(values.get("o") ?? []), ...(values.get("output") ?? [])])
    call.shell.writeFile(each, unknownFrom(from), call.name, ["encrypted"]);
  if (!values.has("o") && !values.has("output"))
    for (const each of rest) call.emit({ kind: "write", target: `${asText(each)}.gpg`, tags: ["encrypted"], from });
  return unknownFrom(from);
};

const temporary: Tool = (call) => {
  const index = call.emit({ kind: "write", target: "/tmp", tags: ["temporary"] });
  void index;
  return textValue(`/tmp/${hole}`);
};

const dd: Tool = (call) => {
  const given = new Map(call.args.map((each) => [asText(each).split("=")[0] ?? "", each]));
  const operand = (name: string): Value | null => {
    const found = given.get(name);
    if (found === undefined) return null;
    return found.k === "text" ? { ...found, text: found.text.slice(name.length + 1) } : found;
  };
  const source = operand("if");
  const target = operand("of");
  const input = source === null ? (call.stdin ?? unknown) : call.shell.readFile(source, "dd");
  if (target === null) return input;
  call.shell.writeFile(target, input, "dd", ["overwrite"]);
  return nothing;
};

const truncate: Tool = (call) => {
  const { rest } = parseOptions(call.args, "s r size reference");
  for (const { path } of paths(rest)) call.emit({ kind: "write", target: path, tags: ["overwrite"] });
  return nothing;
};

export const fileTools: Readonly<Record<string, Tool>> = {
  cp: copy,
  install: copy,
  mv: move,
  rename: maker("", "move"),
  ln: link,
  link,
  symlink: link,
  rm: remover(),
  rmdir: remover("folder"),
  unlink: remover(),
  shred,
  wipe: remover("overwrite"),
  srm: remover("overwrite"),
  mkdir: maker("m mode", "folder"),
  touch: maker("d t r date reference", "touch"),
  mkfifo: maker("m", "fifo"),
  mknod: maker("m", "device"),
  mktemp: temporary,
  tempfile: temporary,
  truncate,
  fallocate: truncate,
  split: (call) => {
    const input = call.stdin ?? unknown;
    call.emit({ kind: "write", target: ".", from: originsOf(input) });
    const [file] = parseOptions(call.args, "b l n a C").rest;
    if (file !== undefined) call.emit({ kind: "read", target: asText(file) });
    return nothing;
  },
  csplit: maker("f n"),
  chmod: mode,
  chown: owner,
  chgrp: owner,
  chattr: maker("v p", "attributes"),
  setfacl: maker("m x M X", "mode"),
  setcap: maker("", "capabilities"),
  ls: list,
  dir: list,
  vdir: list,
  tree: list,
  du: list,
  locate: list,
  find,
  fd: find,
  tar: archive,
  bsdtar: archive,
  cpio: (call) => {
    const { set } = parseOptions(call.args, "F H D E I O");
    // The names of the files come over standard input.
    const indexes =
      call.stdin === null
        ? []
        : namesIn(call.stdin).map((path) => call.emit({ kind: "read", target: path, tags: ["archive"] }));
    if (set.has("i")) call.emit({ kind: "write", target: ".", tags: ["unpack"] });
    else if (set.has("p")) call.shell.writeFile(call.args.at(-1) ?? unknown, unknownFrom(indexes), "cpio", ["copy"]);
    return unknownFrom([...(call.stdin === null ? [] : originsOf(call.stdin)), ...indexes]);
  },
  pax: archive,
  ar: archive,
  gpg: encrypts,
  gpg2: encrypts,
  age: encrypts,
  ccrypt: encrypts,
  mcrypt: encrypts,
  rage: encrypts,
  aespipe: encrypts,
  sqlite3: (call) => {
    const { rest } = parseOptions(call.args, "cmd init separator nullvalue");
    const [file] = rest;
    if (file === undefined || asText(file) === ":memory:") return unknown;
    const content = call.shell.readFile(file, "sqlite3");
    call.emit({ kind: "write", target: asText(file), tags: ["database"] });
    for (const each of rest.slice(1)) {
      const command = /^\.(?:shell|system)\s+([\s\S]+)/.exec(asText(each))?.[1];
      if (command !== undefined) call.shell.evaluate(textValue(command), call.node);
    }
    return unknownFrom(originsOf(content));
  },
  trash: remover("recursive"),
  "trash-put": remover("recursive"),
  rimraf: remover("recursive"),
  sfill: remover("overwrite"),
  scrub: shred,
  nwipe: shred,
  inotifywait: list,
  inotifywatch: list,
  plocate: list,
  mlocate: list,
  exa: list,
  eza: list,
  lsd: list,
  ncdu: list,
  fdfind: find,
  zip: zipper(false),
  unzip: zipper(true),
  gzip: zipper(false),
  bzip2: zipper(false),
  bunzip2: zipper(true),
  xz: zipper(false),
  unxz: zipper(true),
  zstd: zipper(false),
  unzstd: zipper(true),
  "7z": zipper(false),
  dd,
};
