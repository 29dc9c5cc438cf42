/** A process of ours that reads hostile text: without rights that it does not need, with a bounded heap, and gone when we are. */
import { fork } from "node:child_process";
import { existsSync } from "node:fs";
import type { AnalyzedRisk } from "@hsr/core";

/** What a process of the analyzer says: that it is ready, or what it found. */
export interface ChildMessage {
  readonly ready?: true;
  readonly id?: number;
  readonly report?: AnalyzedRisk;
}

export interface Child {
  readonly pid: number | undefined;
  send(message: object): void;
  onMessage(then: (message: ChildMessage) => void): void;
  /** Once, however it ended; `how` is its exit code, its signal or why it could not start. */
  onEnd(then: (how: string) => void): void;
  /** Ends it at once, and is done when it is gone. */
  kill(): Promise<void>;
  /** Whether it keeps this process from ending; at first it does. */
  ref(): void;
  unref(): void;
}

/** Heap of one process in MB; its grammars and the tree of the largest text fit well within. */
const heapMb = 512;
/** Depth of calls in kB, below the 8 MiB that the kernel gives a main thread. */
const stackKb = 5000;

/** util-linux, which every Debian has: the process dies with this one, and a crash leaves no core file with other people's code. */
const [setpriv, prlimit] = ["/usr/bin/setpriv", "/usr/bin/prlimit"];

const nodeOptions = [
  `--max-old-space-size=${heapMb}`,
  `--stack-size=${stackKb}`,
  // Nearly nothing survives a young collection: waiting for helpers on busy cores takes longer than what they take off.
  "--no-parallel-scavenge",
  // It reads its own modules and nothing else: no writing, no processes, no native code, no code from texts.
  "--permission",
  "--allow-fs-read=*",
  "--no-addons",
  "--disallow-code-generation-from-strings",
  "--disable-warning=ExperimentalWarning",
];

export function startChild(program: URL): Child {
  const isGuarded = existsSync(setpriv) && existsSync(prlimit);
  const [execPath, ...execArgv] = isGuarded
    ? [setpriv, "--pdeathsig", "KILL", prlimit, "--core=0", process.execPath, ...nodeOptions]
    : [process.execPath, ...nodeOptions];
  const child = fork(program, [], {
    execPath,
    execArgv,
    // Nothing of the gateway's environment reaches a process that reads hostile text.
    env: {},
    serialization: "advanced",
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const ended = new Promise<string>((resolve) => {
    child.once("error", (cause) => resolve(String(cause)));
    child.once("exit", (code, signal) => resolve(signal ?? `exit ${code}`));
  });
  return {
    pid: child.pid,
    send: (message) => {
      // What cannot be sent any more has an end that is told.
      if (child.connected) child.send(message, () => undefined);
    },
    onMessage: (then) => {
      child.on("message", (message) => then(message as ChildMessage));
    },
    onEnd: (then) => void ended.then(then),
    kill: async () => {
      child.kill("SIGKILL");
      child.ref();
      await ended;
    },
    ref: () => {
      child.ref();
      child.channel?.ref();
    },
    unref: () => {
      child.unref();
      child.channel?.unref();
    },
  };
}
