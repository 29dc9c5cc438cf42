/** Tools that run another command: what counts is the other, and what it runs as. */
import {
  asText,
  hole,
  joinOrigins,
  noOrigins,
  originsOf,
  textValue,
  unknown,
  unknownFrom,
  type Value,
} from "../value.ts";
import { evalText, spaced } from "./builtins.ts";
import { originsOfCall, type Tool } from "./operands.ts";
import { parseOptions } from "./options.ts";
import type { CommandCall } from "./shell.ts";

/** Runs the rest of its words as a command. `skip` operands come before it. */
function runs(takes: string, skip = 0): Tool {
  return (call) => {
    call.emit({ kind: "run", target: call.name, tags: ["wrapper"], from: originsOfCall(call) });
    const { rest } = parseOptions(call.args, takes, "first");
    return call.shell.execute(rest.slice(skip), call.stdin, call.node);
  };
}

const sudo: Tool = (call) => {
  call.emit({ kind: "run", target: call.name, tags: ["wrapper"] });
  call.emit({ kind: "system", target: call.name, tags: ["change", "rights"] });
  const { rest } = parseOptions(call.args, "u g h p C r t T U user group", "first");
  const words = rest.filter((each, index) => !(index === 0 && /^\w+=/.test(asText(each))));
  return call.shell.execute(words, call.stdin, call.node);
};

const su: Tool = (call) => {
  call.emit({ kind: "run", target: call.name, tags: ["wrapper"] });
  call.emit({ kind: "system", target: call.name, tags: ["change", "rights"] });
  const { values } = parseOptions(call.args, "c command s shell g G");
  for (const each of [...(values.get("c") ?? []), ...(values.get("command") ?? [])])
    evalText(call, each, call.name, false);
  return unknown;
};

const env: Tool = (call) => {
  const { rest, set } = parseOptions(call.args, "u unset C chdir S split-string", "first");
  let index = 0;
  while (/^[A-Za-z_]\w*=/.test(asText(rest[index] ?? unknown))) index += 1;
  const command = rest.slice(index);
  const at = call.emit({ kind: "environment", target: null, tags: command.length === 0 ? ["read", "all"] : ["write"] });
  if (command.length === 0) return unknownFrom(set.has("i") ? noOrigins : [at]);
  return call.shell.execute(command, call.stdin, call.node);
};

/** Words of its input become operands of the command. */
const xargs: Tool = (call) => {
  const { rest, values } = parseOptions(
    call.args,
    "I n P L d a s E i max-args max-procs replace delimiter arg-file",
    "first",
  );
  const from = call.stdin === null ? noOrigins : originsOf(call.stdin);
  const item: Value =
    call.stdin?.k === "text"
      ? { ...call.stdin, text: call.stdin.text.trim().split(/\s+/)[0] ?? "" }
      : call.stdin?.k === "choice"
        ? call.stdin
        : unknownFrom(from);
  const mark = values.get("I")?.[0] ?? values.get("replace")?.[0];
  const command = rest.length === 0 ? [textValue("echo")] : rest;
  if (mark === undefined) return call.shell.execute([...command, item], null, call.node);
  const sign = asText(mark);
  return call.shell.execute(
    command.map((each) => {
      const text = asText(each);
      if (!text.includes(sign)) return each;
      return text === sign
        ? item
        : textValue(text.replaceAll(sign, item.k === "text" ? item.text : hole), joinOrigins(originsOf(each), from));
    }),
    null,
    call.node,
  );
};

const watch: Tool = (call) => {
  call.emit({ kind: "run", target: call.name, tags: ["wrapper"] });
  const { rest } = parseOptions(call.args, "n d", "first");
  return evalText(call, spaced(rest), call.name, false);
};

const script: Tool = (call) => {
  call.emit({ kind: "run", target: call.name, tags: ["wrapper"] });
  const { values } = parseOptions(call.args, "c command t T");
  for (const each of [...(values.get("c") ?? []), ...(values.get("command") ?? [])])
    evalText(call, each, call.name, false);
  return unknown;
};

const busybox: Tool = (call: CommandCall) => call.shell.execute(call.args, call.stdin, call.node);

export const wrappers: Readonly<Record<string, Tool>> = {
  sudo,
  doas: sudo,
  pkexec: sudo,
  gosu: sudo,
  runuser: su,
  su,
  env,
  xargs,
  nohup: runs(""),
  setsid: runs(""),
  nice: runs("n adjustment"),
  ionice: runs("c n p"),
  chrt: runs("p", 1),
  taskset: runs("p", 1),
  timeout: runs("s k signal kill-after", 1),
  stdbuf: runs("i o e"),
  unbuffer: runs(""),
  time: (call) => call.shell.execute(parseOptions(call.args, "f o", "first").rest, call.stdin, call.node),
  strace: runs("e o p s f"),
  ltrace: runs("e o p"),
  gdb: runs("ex batch p"),
  unshare: runs("S G R"),
  flock: runs("w E", 1),
  parallel: runs("j N I a"),
  firejail: runs(""),
  "systemd-run": runs("p M u unit"),
  "dbus-run-session": runs(""),
  "xvfb-run": runs("n s e f"),
  fakeroot: runs(""),
  tini: runs(""),
  "dumb-init": runs(""),
  watch,
  script,
  busybox,
  toybox: busybox,
  entr: runs(""),
};
