/**
 * Text in languages that have no reader here: Perl, Ruby, PHP, Lua, Tcl, AWK. It is not understood, only searched for words that
 * leave little doubt: what opens connections, runs programs, makes objects of data, and the paths that are written in it.
 */
import type { EffectKind } from "../effects.ts";
import { type Origins, unknownFrom, type Value } from "../value.ts";
import type { CommandCall } from "./shell.ts";

interface Use {
  readonly words: RegExp;
  readonly kind: EffectKind;
  readonly target?: string;
  readonly tags?: readonly string[];
}

const connects =
  /\bIO::Socket|\bsockaddr_in|\bsocket\s*\(|\b(?:TCP|UDP|UNIX|SSL)(?:Socket|Server)\b|\bp?fsockopen\s*\(|\bstream_socket_(?:client|server)\b|\bsocket_(?:create|connect)\b|\bsocket\.(?:tcp|udp|connect|bind)\b|^\s*set\s+\w+\s+\[socket\s|\/inet\d?\/(?:tcp|udp)\/|\bztcp\b/m;
const runs =
  /\b(?:exec|system|syscall|popen|proc_open|pcntl_exec|shell_exec|passthru|spawn|posix_spawn)\b|\bos\.execute\b|\bio\.popen\b|\bIO\.popen\b|\bOpen3\b|\bqx\b|%x[[({/]|`[^`\n]+`|\bopen\s*\(?\s*(?:my\s+)?\S+\s*,\s*["']-?\||\bopen(?:3|2)\b/;

/** What words in such a text mean. */
const uses: readonly Use[] = [
  { words: connects, kind: "connect", tags: ["raw"] },
  { words: runs, kind: "run", target: "sh" },
  // Formats that make objects of classes that the data name, or run code of theirs.
  {
    words: /\b(?:retrieve|lock_retrieve|fd_retrieve|thaw)\b[\s\S]*?[(<$"'@]/,
    kind: "deserialize",
    tags: ["objects"],
  },
  { words: /\bYAML(?:::\w+)*(?:::|\s)Load(?:File)?\b/, kind: "deserialize", tags: ["objects"] },
  { words: /\bMarshal\s*\.\s*(?:load|restore)\b/, kind: "deserialize", tags: ["objects"] },
  {
    words: /\b(?:YAML|Psych)\s*\.\s*(?:unsafe_load(?:_file|_stream)?|load(?:_file|_stream|_documents)?)\b/,
    kind: "deserialize",
    tags: ["objects"],
  },
  {
    words: /\bOj\s*\.\s*(?:load|object_load|compat_load)\b|\bJSON\s*\.\s*load\b/,
    kind: "deserialize",
    tags: ["objects"],
  },
  {
    words:
      /\b(?:un|igbinary_un|msgpack_un)serialize\s*\((?![^)]*allowed_classes)|\byaml_parse(?:_file)?\s*\(|\bphar:\/\//,
    kind: "deserialize",
    tags: ["objects"],
  },
  // Text that is read and run.
  {
    words:
      /\beval\s*(?:\(|\s)\s*(?:<\w*>|\$|join\b|gets\b|STDIN|ARGF|params|\w+\.read|@)|\binstance_eval\b|\bclass_eval\b|\bassert\s*\(\s*\$|\bcreate_function\b|\bload(?:string)?\s*\(\s*io\./,
    kind: "eval",
    tags: ["unknown", "foreign"],
  },
  { words: /\bdo\s*\(?\s*["']|\bdofile\s*\(/, kind: "eval", tags: ["unknown", "file"] },
  {
    words: /\bfork\s+while\b|\b(?:while|loop|for)\b[^;]{0,40}\bfork\b|\bfork\s*;?\s*\}?\s*while\b/,
    kind: "spawn",
    tags: ["bomb"],
  },
  { words: /\bfork\b/, kind: "spawn", tags: ["fork"] },
  {
    words:
      /\bLWP::|\bHTTP::Tiny\b|\bNet::HTTP\b|\bopen-uri\b|\bURI\.open\b|\bcurl_(?:init|exec)\b|\bfile_get_contents\s*\(\s*["']https?:|\bsocket\.http\b/,
    kind: "fetch",
  },
  { words: /%ENV\b|\$ENV\{|\bENV\s*(?:\[|\.)|\bgetenv\b|\$_ENV\b|\bENVIRON\b/, kind: "environment", tags: ["read"] },
  { words: /\bkill\s*\(?\s*["']?(?:-?\d|[A-Z]{3})|\bProcess\.kill\b|\bposix_kill\b/, kind: "signal", tags: ["pid"] },
];

const reads =
  /\bopen\b|\bFile\b|\bIO\.|\bread|\bslurp|\bfile(?:_get_contents)?\s*\(|\binclude\b|\brequire\b|<\w*>|\bcopy\b|\bio\.(?:open|lines)\b|\bgetline\b|\bfopen\b|\bprint\b|\bload/;
const writes =
  /["']\s*(?:>>?|\+<|[wa]b?\+?)["']|\bFile\.(?:write|open\([^)]*["'][wa])|\bfile_put_contents\b|\bcopy\b|\brename\b|\bmv\b|\bchmod\b|>\s*"\//;
const deletes = /\bunlink\b|\brmtree\b|\bremove_tree\b|\brm_rf?\b|\bFile\.delete\b|\bos\.remove\b|\brmdir\b/;
const paths = /["'`(\s=<|]((?:\/|~\/)[\w.+@*-]+(?:\/[\w.+@*-]+)*\/?)(?=["'`)\s;,|]|$)/g;

/** Writes down what the words of a text in such a language say. */
export function readForeign(call: CommandCall, text: string, from: Origins): Value {
  const code = text.slice(0, 20_000);
  const found: number[] = [];
  const isTied = connects.test(code) && runs.test(code);
  for (const { words, kind, target = null, tags = [] } of uses) {
    if (!words.test(code)) continue;
    const index = call.emit({ kind, target, from, tags: kind === "connect" && isTied ? [...tags, "shell"] : tags });
    found.push(index);
    if (kind === "eval" || kind === "deserialize") call.emit({ kind: "opaque", from });
  }
  const kinds: EffectKind[] = [];
  if (deletes.test(code)) kinds.push("delete");
  if (writes.test(code)) kinds.push("write");
  if (reads.test(code) || kinds.length === 0) kinds.push("read");
  for (const [, path = ""] of [...code.matchAll(paths)].slice(0, 32)) {
    if (/^\/(?:bin|usr\/bin|sbin|usr\/sbin|dev\/null|inet\d?)\b/.test(path)) continue;
    for (const kind of kinds) found.push(call.emit({ kind, target: path, from, tags: ["text"] }));
  }
  return unknownFrom([...from, ...found].slice(0, 12));
}
