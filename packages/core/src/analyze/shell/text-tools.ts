/** Tools that read text and print text. */
import {
  fromBase32,
  fromBase64,
  fromHex,
  rot13,
  toBase64,
  toHex,
  unpacked,
  utf8Decoded,
  utf8Encoded,
} from "../decode.ts";
import { concatenated } from "../evaluate/operate.ts";
import {
  asText,
  derived,
  isWhole,
  joinDisguise,
  joinOrigins,
  mapValue,
  noOrigins,
  type Origins,
  originsOf,
  textValue,
  unknown,
  unknownFrom,
  type Value,
} from "../value.ts";
import { readForeign } from "./foreign.ts";
import { paths, type Tool } from "./operands.ts";
import { parseOptions } from "./options.ts";
import type { CommandCall } from "./shell.ts";

/** The content of the operands, or of standard input where there are none. */
export function inputOf(call: CommandCall, operands: readonly Value[]): Value {
  const files = operands.filter((each) => asText(each) !== "-");
  if (files.length === 0) return call.stdin ?? unknown;
  const parts = paths(files).map(({ value }) => {
    return call.shell.readFile(value, call.name);
  });
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : concatenated(parts);
}

/** Reads its operands and prints something that comes from them. */
function reader(takes: string, operandsFirst = 0): Tool {
  return (call) => {
    const { rest } = parseOptions(call.args, takes);
    const input = inputOf(call, rest.slice(operandsFirst));
    return derived(input);
  };
}

/** Reads its operands and changes each text, where it is known. */
function changer(
  takes: string,
  change: (text: string, parsed: ReturnType<typeof parseOptions>) => string | null,
  disguise?: string,
): Tool {
  return (call) => {
    const parsed = parseOptions(call.args, takes);
    return changed(inputOf(call, parsed.rest), (text) => change(text, parsed), disguise);
  };
}

function changed(input: Value, change: (text: string) => string | null, disguise?: string): Value {
  if (input.k === "choice") return mapValue(input, (one) => changed(one, change, disguise));
  if (input.k !== "text" || !isWhole(input.text)) return derived(input);
  const made = change(input.text);
  if (made === null) return derived(input);
  return textValue(
    made,
    input.from,
    disguise === undefined ? input.disguise : joinDisguise(input.disguise, [disguise]),
  );
}

/** Bytes that were decoded, as text; bytes that are none stay as they are. */
function shown(bytes: string | null): string | null {
  if (bytes === null) return null;
  const text = utf8Decoded(bytes);
  return text.includes("\ufffd") ? bytes : text;
}

/** Text as the bytes that it is. */
export function bytesOf(text: string): string {
  return /[^\0-\xff]/.test(text) ? utf8Encoded(text) : text;
}

const base64: Tool = (call) => {
  const parsed = parseOptions(call.args, "w wrap");
  const input = inputOf(call, parsed.rest);
  if (parsed.set.has("d") || parsed.set.has("D") || parsed.set.has("decode"))
    return changed(input, (text) => shown(fromBase64(text)), "base64");
  const origins = originsOf(input);
  const index = call.emit({
    kind: "encode",
    target: "base64",
    from: origins,
    data: input.k === "text" ? input.text.slice(0, 4000) : null,
  });
  const made = changed(input, (text) => toBase64(utf8Encoded(text)));
  return made.k === "text"
    ? { ...made, from: joinOrigins(made.from, [index]) }
    : unknownFrom(joinOrigins(origins, [index]));
};

const sed: Tool = (call) => {
  const { set, values, rest } = parseOptions(call.args, "e expression f file l");
  const inPlace =
    [...set].some((each) => each === "i" || each === "in-place") ||
    call.args.some((each) => /^-i/.test(asText(each)) || /^--in-place/.test(asText(each)));
  const given = [...(values.get("e") ?? []), ...(values.get("expression") ?? [])];
  const scripts = given.length > 0 || values.has("f") ? given : rest.slice(0, 1);
  const files = given.length > 0 || values.has("f") ? rest : rest.slice(1);
  const input = inputOf(call, files);
  if (inPlace)
    for (const each of files)
      call.shell.writeFile(each, unknownFrom(scripts.flatMap((one) => originsOf(one))), "sed", [
        "edit",
        ...scripts.map(asText).map((text) => `script:${text.slice(0, 80)}`),
      ]);
  const script = asText(scripts[0] ?? unknown);
  const match = /^s(.)((?:(?!\1)[^\\]|\\.)*)\1((?:(?!\1)[^\\]|\\.)*)\1([gi]*)$/.exec(script);
  if (match === null || scripts.length !== 1) return derived(input);
  const pattern = match[2] ?? "";
  // Only plain texts are replaced: a pattern of the program's own could take for ever.
  if (/[[\](){}*+?|^$\\]/.test(pattern)) return derived(input);
  const what = pattern.replaceAll(".", "\\.");
  return changed(
    input,
    (text) => text.replace(new RegExp(what, (match[4] ?? "").includes("g") ? "g" : ""), () => match[3] ?? ""),
    "replaced",
  );
};

const tr: Tool = (call) => {
  const { set, rest } = parseOptions(call.args, "");
  const [from, to] = rest.slice(0, 2).map((each) => letters(asText(each)));
  return changed(
    call.stdin ?? unknown,
    (text) => {
      if (from === undefined) return null;
      if (set.has("d"))
        return Array.from(text)
          .filter((each) => !from.includes(each))
          .join("");
      if (to === undefined) return null;
      return Array.from(text)
        .map((each) => (from.includes(each) ? (to[from.indexOf(each)] ?? to.at(-1) ?? "") : each))
        .join("");
    },
    "translated",
  );
};

function letters(set: string): string {
  const plain = set
    .replace("[:upper:]", "A-Z")
    .replace("[:lower:]", "a-z")
    .replace("[:digit:]", "0-9")
    .replace("[:space:]", " \n\t")
    .replace(/\\n/g, "\n")
    .replace(/\\t/g, "\t");
  return plain.replace(/([\s\S])-([\s\S])/g, (whole, a: string, b: string) => {
    const [first, last] = [a.charCodeAt(0), b.charCodeAt(0)];
    return last < first || last - first > 256
      ? whole
      : Array.from({ length: last - first + 1 }, (_each, index) => String.fromCharCode(first + index)).join("");
  });
}

const xxd: Tool = (call) => {
  const parsed = parseOptions(call.args, "c l s g cols len seek");
  const input = inputOf(call, parsed.rest.slice(0, 1));
  const words = call.args.map(asText).join(" ");
  if (/-\w*r/.test(words))
    return changed(input, (text) => shown(fromHex(text.replace(/^[0-9a-f]+:\s*|\s{2}.*$/gm, ""))), "hex");
  return /-\w*p/.test(words) ? changed(input, (text) => toHex(utf8Encoded(text))) : derived(input);
};

const head: Tool = (call) => {
  const parsed = parseOptions(call.args, "n c lines bytes");
  const input = inputOf(call, parsed.rest);
  const count = Number(asText(parsed.values.get("c")?.[0] ?? parsed.values.get("n")?.[0] ?? textValue("10")));
  if (!Number.isInteger(count)) return derived(input);
  return changed(input, (text) =>
    parsed.values.has("c")
      ? call.name === "head"
        ? text.slice(0, count)
        : text.slice(-count)
      : (call.name === "head"
          ? text.split("\n").slice(0, count)
          : text.replace(/\n$/, "").split("\n").slice(-Math.abs(count))
        ).join("\n"),
  );
};

const cut: Tool = (call) => {
  const parsed = parseOptions(call.args, "d f c b delimiter fields output-delimiter");
  const input = inputOf(call, parsed.rest);
  const range = /^(\d+)?(-)?(\d+)?$/.exec(
    asText(parsed.values.get("c")?.[0] ?? parsed.values.get("f")?.[0] ?? unknown),
  );
  if (range === null) return derived(input);
  const first = Number(range[1] ?? 1);
  const last = range[3] !== undefined ? Number(range[3]) : range[2] === "-" ? Number.POSITIVE_INFINITY : first;
  const delimiter = asText(parsed.values.get("d")?.[0] ?? textValue("\t"));
  return changed(
    input,
    (text) =>
      text
        .split("\n")
        .map((line) =>
          parsed.values.has("c")
            ? line.slice(first - 1, last)
            : line
                .split(delimiter)
                .slice(first - 1, last)
                .join(delimiter),
        )
        .join("\n"),
    "slice",
  );
};

const openssl: Tool = (call) => {
  const words = call.args.map(asText);
  const [verb] = words;
  if (verb === "s_client") {
    const { values } = parseOptions(call.args.slice(1), "connect servername");
    const target = asText(values.get("connect")?.[0] ?? unknown);
    return unknownFrom([
      call.emit({
        kind: "connect",
        target,
        tags: ["raw"],
        from: call.stdin === null ? noOrigins : originsOf(call.stdin),
      }),
    ]);
  }
  const { values, rest } = parseOptions(
    call.args.slice(1),
    "in out k pass K iv inkey key cert signature sign verify CA CAkey days subj newkey keyout",
  );
  let from: Origins = call.stdin === null ? noOrigins : originsOf(call.stdin);
  let input: Value = call.stdin ?? unknown;
  for (const each of [
    ...(values.get("in") ?? []),
    ...(verb === "dgst" || /^(md5|sha\d*)$/.test(verb ?? "") ? rest : []),
  ]) {
    input = call.shell.readFile(each, "openssl");
    from = joinOrigins(from, originsOf(input));
  }
  for (const name of ["out", "keyout"])
    for (const each of values.get(name) ?? [])
      call.shell.writeFile(
        each,
        unknownFrom(from),
        "openssl",
        verb === "enc" && !words.includes("-d") ? ["encrypted"] : [],
      );
  if (words.includes("-d") && (verb === "base64" || words.includes("-base64") || words.includes("-a")))
    return changed(input, (text) => shown(fromBase64(text)), "base64");
  return unknownFrom(from);
};

const tee: Tool = (call) => {
  const { rest, set } = parseOptions(call.args, "");
  const input = call.stdin ?? unknown;
  for (const each of rest)
    call.shell.writeFile(each, input, "tee", set.has("a") || set.has("append") ? ["append"] : []);
  return input;
};

const awk: Tool = (call) => {
  const { values, rest } = parseOptions(call.args, "F v f assign file field-separator");
  const files = values.has("f") ? rest : rest.slice(1);
  const script = asText(rest[0] ?? unknown);
  const input = inputOf(call, files);
  for (const each of [
    ...script.matchAll(
      /system\s*\(\s*"((?:[^"\\]|\\.)*)"\s*\)|"((?:[^"\\]|\\.)*)"\s*\|\s*getline|print[^|;}]*\|\s*"((?:[^"\\]|\\.)*)"/g,
    ),
  ].slice(0, 8)) {
    call.emit({ kind: "run", target: "sh" });
    call.shell.evaluate(textValue(each[1] ?? each[2] ?? each[3] ?? ""), call.node);
  }
  const foreign = /\/inet\d?\/|getline|[<>]\s*"\/|ENVIRON/.test(script)
    ? originsOf(readForeign(call, script, noOrigins))
    : noOrigins;
  if (foreign.length > 0) return unknownFrom(joinOrigins(originsOf(input), foreign));
  // BEGIN blocks print constants, a way to spell what should not be seen.
  const constant = /^\s*BEGIN\s*\{\s*(?:print|printf)\s*\(?\s*"((?:[^"\\]|\\.)*)"\s*\)?\s*;?\s*\}\s*$/.exec(script);
  return constant === null ? derived(input) : textValue(constant[1] ?? "");
};

const seq: Tool = (call) => {
  const [first, last] = call.args.map((each) => Number(asText(each)));
  if (first === undefined || !Number.isInteger(first)) return unknown;
  const [from, to] = last === undefined ? [1, first] : [first, last];
  if (!Number.isInteger(to) || to - from > 128) return unknown;
  return textValue(
    Array.from({ length: Math.max(0, to - from + 1) }, (_each, index) => String(from + index)).join("\n"),
  );
};

const named: Tool = (call) => {
  const [path] = parseOptions(call.args, "s").rest;
  if (path === undefined || path.k !== "text") return unknownFrom(path === undefined ? noOrigins : originsOf(path));
  if (!isWhole(path.text)) return unknownFrom(path.from);
  const parts = path.text.replace(/\/+$/, "").split("/");
  return textValue(
    call.name === "basename"
      ? (parts.at(-1) ?? "")
      : parts.slice(0, -1).join("/") || (path.text.startsWith("/") ? "/" : "."),
    path.from,
  );
};

const pathItself: Tool = (call) => parseOptions(call.args, "").rest[0] ?? unknown;

const pattern: Tool = (call) => {
  const { values, rest, set } = parseOptions(
    call.args,
    "e f m A B C d include exclude exclude-dir regexp file max-count color",
  );
  const files = values.has("e") || values.has("f") || values.has("regexp") ? rest : rest.slice(1);
  const recursive = set.has("r") || set.has("R") || set.has("recursive");
  if (recursive && files.length === 0) call.emit({ kind: "read", target: ".", tags: ["recursive"] });
  const wanted = asText(values.get("e")?.[0] ?? rest[0] ?? unknown);
  const input = inputOf(call, files);
  if (recursive)
    for (const { path } of paths(files))
      call.emit({ kind: "read", target: path, tags: ["recursive", `for:${wanted.slice(0, 60)}`] });
  return derived(input);
};

const none: Tool = () => textValue("");

export const textTools: Readonly<Record<string, Tool>> = {
  cat: (call) => inputOf(call, parseOptions(call.args, "").rest),
  tac: changer("s", (text) => text.replace(/\n$/, "").split("\n").reverse().join("\n"), "reversed"),
  rev: changer(
    "",
    (text) =>
      text
        .split("\n")
        .map((line) => Array.from(line).reverse().join(""))
        .join("\n"),
    "reversed",
  ),
  base64,
  base32: changer(
    "w",
    (text, { set }) => (set.has("d") || set.has("decode") ? shown(fromBase32(text)) : null),
    "base32",
  ),
  xxd,
  hexdump: reader("e f n s"),
  od: reader("A j N t w"),
  strings: reader("n t e"),
  gunzip: changer("S", (text) => shown(unpacked(bytesOf(text), "gzip")), "gzip"),
  bzcat: reader(""),
  xzcat: reader(""),
  lzcat: reader(""),
  zstdcat: reader(""),
  uudecode: reader("o"),
  zcat: changer("", (text) => shown(unpacked(bytesOf(text), "gzip")), "gzip"),
  rot13: changer("", rot13, "rot13"),
  sed,
  tr,
  cut,
  head,
  tail: head,
  tee,
  awk,
  gawk: awk,
  mawk: awk,
  grep: pattern,
  egrep: pattern,
  fgrep: pattern,
  zgrep: pattern,
  rg: pattern,
  openssl,
  seq,
  basename: named,
  dirname: named,
  realpath: pathItself,
  readlink: pathItself,
  less: reader(""),
  more: reader(""),
  nl: reader("b"),
  wc: reader(""),
  sort: reader("k t o S T"),
  uniq: reader("f s w"),
  paste: reader("d"),
  join: reader("t 1 2 o"),
  comm: reader(""),
  diff: reader("U C label exclude"),
  sdiff: reader("w"),
  cmp: reader("n i"),
  fold: reader("w"),
  fmt: reader("w"),
  pr: reader(""),
  expand: reader("t"),
  unexpand: reader("t"),
  column: reader("s c o N"),
  iconv: changer("f t", (text) => text),
  file: reader("m F"),
  jq: reader("arg argjson slurpfile rawfile indent", 1),
  yq: reader("i", 1),
  xmllint: reader("xpath"),
  md5sum: reader(""),
  sha1sum: reader(""),
  sha224sum: reader(""),
  sha256sum: reader(""),
  sha384sum: reader(""),
  sha512sum: reader(""),
  b2sum: reader("l"),
  cksum: reader("a"),
  sum: reader(""),
  shasum: reader("a"),
  envsubst: (call) => {
    call.emit({ kind: "environment", tags: ["read"], target: null });
    return unknownFrom(call.stdin === null ? noOrigins : originsOf(call.stdin));
  },
  factor: none,
  expr: () => unknown,
  bc: () => unknown,
  dc: () => unknown,
  date: (call) => {
    for (const each of parseOptions(call.args, "d f r date file reference").values.get("f") ?? [])
      call.shell.readFile(each, "date");
    return unknown;
  },
  cal: () => unknown,
  sleep: none,
  yes: () => unknown,
  numfmt: () => unknown,
  shuf: reader("n i o"),
  tsort: reader(""),
  tput: none,
  clear: none,
  reset: none,
  tty: () => unknown,
  stty: none,
  getopt: () => unknown,
  figlet: () => unknown,
  ...Object.fromEntries(
    (
      "hd basenc base16 base58 uuencode uudecode ul ptx look col colrm most pg zless zmore bzcat bzless xzcat xzless lz4cat " +
      "zstdcat zstdless bzgrep xzgrep zdiff diff3 crc32 xxhsum tbl soelim"
    )
      .split(" ")
      .map((name) => [name, reader("n c w s o l")]),
  ),
  stat: () => unknown,
  sync: none,
  logger: none,
  test: none,
  "[": none,
};

/** Programs of their own that print, page, convert or edit text: each shows the file that it is given. */
export const textPrograms: Readonly<Record<string, Tool>> = Object.fromEntries(
  [
    "eqn pic troff nroff groff aspell ispell bat batcat datamash mlr csvtool csvcut csvlook ncal vipe sponge pv mbuffer",
    "vi vim nvim ex ed view vimdiff nano pico emacs emacsclient joe micro jed ne hexyl hexedit readelf nm objdump size bvi",
    "ascii-xfr ascii85 dos2unix unix2dos highlight pygmentize html2text pandoc exiftool pdftotext xsltproc xmlstarlet",
    "tidy latex pdftex dialog whiptail cupsfilter lp lpr enscript a2ps espeak ag ack ugrep pcregrep ssdeep lz4 lzop compress",
    "uncompress recode colordiff delta utmpdump aureport ausearch",
  ]
    .flatMap((line) => line.split(" "))
    .map((name) => [name, reader("n c w s o l")]),
);
