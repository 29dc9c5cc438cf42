/** One conversation that uses every message, for the corpus of both fuzzers. Request ids and execution ids are the same each time. */
import type { Readable } from "node:stream";
import type { Agent, AgentExecution, AgentWatch, FileWriting } from "@hsr/core";
import { program } from "@hsr/runtimes/agent/testing";

/** Where a server of the guest listens: in the fuzzer, and while the corpus is made. */
export const guestPort = 4242;

export interface Asked {
  readonly executions: readonly AgentExecution[];
  /** Every promise that was made; none may stay open when the epoch is over. The last of them stay open until then. */
  readonly promises: readonly Promise<unknown>[];
  readonly endless: number;
}

/** Reads to the end, whatever the end is. */
async function drain(stream: Readable): Promise<void> {
  stream.on("data", () => undefined);
  await new Promise((resolve) => stream.once("close", resolve));
}

async function readAll(watch: AgentWatch): Promise<void> {
  let last = -1;
  for await (const { sequence } of watch.events) {
    if (sequence < last) throw new Error(`events went back to ${sequence} from ${last}`);
    last = sequence;
  }
}

function written(file: FileWriting): Promise<unknown>[] {
  return [file.write(Buffer.alloc(500, "stream")), file.write(Buffer.from("end")), file.commit()];
}

/** Asks everything at once, as a gateway that never waits. */
export function askEverything(agent: Agent, folder: string): Asked {
  const echo = agent.start(1, program(["/bin/sh", "-c", "cat; echo err >&2"], { stdin: Buffer.from("some input\n") }));
  const open = agent.start(
    2,
    program(["cat"], { stdin: "open", reader: "background", rlimits: { core: 0 }, timeoutMs: 5000 }),
  );
  const terminal = agent.start(3, program(["sh", "-c", "echo hello"], { terminal: { rows: 24, cols: 80 } }));
  const missing = agent.start(4, program(["!no-such-program"]));
  const loud = agent.start(5, program(["+loud", "-c", "x".repeat(300)], { user: { uid: 1000, gid: 1000 } }));
  const followed = agent.follow(6, { stdout: 3, stderr: 4 }, { reader: "background" });
  const endless: Promise<unknown>[] = [];
  for (const watch of [agent.watch(7, folder, 3), agent.watch(8, folder, 1), agent.followWatch(9, 5)])
    endless.push(watch.started, readAll(watch));
  const promises: Promise<unknown>[] = [
    agent.watch(10, folder, 2).stop(),
    agent.writeFile(`${folder}/a/b`, Buffer.from("content"), 0o644),
    agent.writeFile(`${folder}/large`, Buffer.alloc(300, "large"), 0o600),
    agent.readFile(`${folder}/a/b`, { offset: 0, bytes: 100 }),
    agent.stat(`${folder}/a/b`),
    agent.stat(folder, "follow"),
    agent.listFolder(folder, { depth: 3, limit: 50 }),
    agent.makeFolder(`${folder}/m/n`, 0o755),
    agent.makeFolder(`${folder}/q`, 0o755, "require"),
    agent.move(`${folder}/a/b`, `${folder}/c`),
    agent.chmod(`${folder}/c`, 0o600),
    agent.remove(`${folder}/c`),
    agent.remove(`${folder}/m`, "tree"),
    agent.list(),
    agent.orphans(),
    agent.killOrphans(9, [12_345]),
    agent.ping(),
    agent.ports(),
    agent.watches(),
    agent.readStream(`${folder}/large`, { offset: 10, bytes: 200 }).then(({ bytes }) => drain(bytes)),
    agent.readStream(`${folder}/none`).then(({ bytes }) => bytes.destroy()),
    agent.connect(guestPort).then((stream) => drain(stream.end("hello"))),
    ...written(agent.openWrite(`${folder}/streamed`, 0o600)),
    agent.openWrite(`${folder}/aborted`, 0o600).abort(),
    open.writeStdin(Buffer.from("typed")),
    open.signal(10, "process"),
    open.signal(15, "session"),
    terminal.resize(50, 100),
  ];
  open.setReader("foreground");
  echo.acknowledge({ stdout: 2, stderr: 0 });
  open.endStdin();
  missing.forget();
  promises.push(agent.resume(Buffer.alloc(16, 1), Buffer.alloc(32, 2), 1_800_000_000_000));
  const executions = [echo, open, terminal, missing, loud, followed];
  for (const { started, exit } of executions) endless.push(started, exit);
  return { executions, promises: [...promises, ...endless], endless: endless.length };
}
