/** Tools that run another command: what counts is the other, and what it runs as. */
import { concatenated } from "../evaluate/operate.ts";
import { unescapeShell } from "../lower/escapes.ts";
import { asText, derived, isWhole, noOrigins, textValue, unknown, unknownFrom, type Value } from "../value.ts";
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
  const { rest, set, values } = parseOptions(call.args, "u unset C chdir S split-string", "first");
  const split = values.get("S")?.[0] ?? values.get("split-string")?.[0];
  if (split !== undefined) return evalText(call, spaced([split, ...rest]), "env", false);
  let index = 0;
  while (/^[A-Za-z_]\w*=/.test(asText(rest[index] ?? unknown))) index += 1;
  const command = rest.slice(index);
  const at = call.emit({ kind: "environment", target: null, tags: command.length === 0 ? ["read", "all"] : ["write"] });
  if (command.length === 0) return unknownFrom(set.has("i") ? noOrigins : [at]);
  return call.shell.execute(command, call.stdin, call.node);
};

/** Words of its input become operands of the command. */
const xargs: Tool = (call) => {
  const { rest, values, set } = parseOptions(
    call.args,
    "I n P L d a s E max-args max-procs replace delimiter arg-file",
    "first",
  );
  const mark = values.get("I")?.[0] ?? values.get("i")?.[0] ?? values.get("replace")?.[0];
  const items = itemsOf(call.stdin, {
    isWhole: set.has("0") || set.has("null"),
    isLines: mark !== undefined,
    delimiter: values.get("d")?.[0] ?? values.get("delimiter")?.[0],
  });
  const command = rest.length === 0 ? [textValue("echo")] : rest;
  if (mark === undefined) {
    const most = Number(asText(values.get("n")?.[0] ?? values.get("max-args")?.[0] ?? unknown));
    if (!(most > 0)) return call.shell.execute([...command, ...items], null, call.node);
    const outputs: Value[] = [];
    for (let at = 0; at < items.length && at < 64 * most; at += most)
      outputs.push(call.shell.execute([...command, ...items.slice(at, at + most)], null, call.node));
    return concatenated(outputs);
  }
  const sign = asText(mark);
  const outputs = items.slice(0, 64).map((item) =>
    call.shell.execute(
      command.map((each) => {
        const text = asText(each);
        if (!text.includes(sign)) return each;
        return text === sign
          ? item
          : concatenated(
              text.split(sign).flatMap((part, index) => (index === 0 ? [textValue(part)] : [item, textValue(part)])),
            );
      }),
      null,
      call.node,
    ),
  );
  return outputs.length === 1 && outputs[0] !== undefined ? outputs[0] : concatenated(outputs);
};

/** The words that `xargs` makes of its input. */
function itemsOf(
  input: Value | null,
  how: { readonly isWhole: boolean; readonly isLines: boolean; readonly delimiter: Value | undefined },
): readonly Value[] {
  if (input === null) return [unknown];
  if (input.k === "choice") return [input];
  if (input.k !== "text" || !isWhole(input.text)) return [input.k === "text" ? input : derived(input)];
  const { text, from, disguise } = input;
  const plain = text.replace(/\n$/, "");
  const parts = how.isWhole
    ? text.split("\0")
    : how.delimiter !== undefined
      ? text.split(unescapeShell(asText(how.delimiter)).slice(0, 1) || "\0")
      : how.isLines
        ? plain.split("\n")
        : (plain.match(/(?:"[^"]*"|'[^']*'|\\[^]|[^\s])+/g) ?? []).map((each) =>
            each.replace(/"([^"]*)"|'([^']*)'|\\([^])/g, (_whole, a = "", b = "", c = "") => `${a}${b}${c}`),
          );
  const kept = parts.filter((each) => each !== "").slice(0, 1024);
  return kept.length === 0 ? [textValue("", from)] : kept.map((each) => textValue(each, from, disguise));
}

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
  unshare: (call) => {
    // Rights in a user namespace of its own, and the shell in it, are the first step of many ways out.
    const words = call.args.map(asText).join(" ");
    if (/-\w*[UrC]\w*[mCn]|--map-root|--cgroup/.test(words))
      call.emit({ kind: "system", target: `unshare ${words}`.slice(0, 120), tags: ["change", "namespaces"] });
    return runs("S G R")(call);
  },
  flock: runs("w E", 1),
  parallel: runs("j N I a"),
  firejail: runs(""),
  "systemd-run": (call) => {
    if (call.args.some((each) => /^--on-(calendar|boot|active|startup|unit)/.test(asText(each))))
      call.emit({ kind: "persist", target: "systemd-run", tags: ["schedule"], data: call.args.map(asText).join(" ") });
    return runs("p M u unit on-calendar on-boot on-active")(call);
  },
  rlwrap: runs("a f H"),
  torsocks: runs(""),
  torify: runs(""),
  catchsegv: runs(""),
  valgrind: runs(""),
  setarch: runs("", 1),
  linux64: runs(""),
  numactl: runs("m N C"),
  cpulimit: runs("l p e"),
  "start-stop-daemon": (call) => {
    const { values, rest } = parseOptions(
      call.args,
      "x exec a startas p pidfile u user c chuid n name s signal",
      "first",
    );
    call.emit({ kind: "run", target: call.name, tags: ["wrapper"] });
    const program = values.get("x")?.[0] ?? values.get("exec")?.[0] ?? values.get("startas")?.[0];
    return program === undefined ? unknown : call.shell.execute([program, ...rest], null, call.node);
  },
  "run-parts": runs(""),
  daemonize: runs("o e p l u c"),
  coproc: (call) => call.shell.execute(call.args, call.stdin, call.node),
  choom: runs("n p"),
  setpriv: runs(""),
  "su-exec": runs("", 1),
  "s6-setuidgid": runs("", 1),
  chronic: runs(""),
  ts: runs(""),
  proxychains: runs("f"),
  proxychains4: runs("f"),
  xterm: (call) => {
    const { values } = parseOptions(call.args, "display e T geometry");
    const display = asText(values.get("display")?.[0] ?? textValue(""));
    // A terminal that is shown on another machine is that machine's.
    if (/^[^:]+:\d/.test(display) && !/^localhost/.test(display))
      call.emit({ kind: "connect", target: display, tags: ["raw", "shell"] });
    return runs("display e T geometry")(call);
  },
  openvpn: (call) => {
    const { values } = parseOptions(
      call.args,
      "config dev script-security up down route-up ipchange remote auth-user-pass",
    );
    for (const name of ["up", "down", "route-up", "ipchange"])
      for (const each of values.get(name) ?? []) evalText(call, each, call.name, false);
    call.emit({ kind: "connect", target: asText(values.get("remote")?.[0] ?? unknown), tags: ["vpn"] });
    return unknown;
  },
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
