/** Makes the committed corpus of both fuzzers anew: `node tests/fuzz/support/make-corpus.ts`. Needs a built agent. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Agent } from "@hsr/core";
import { openAgent } from "@hsr/runtimes";
import { ask, type Frame, FrameReader, program, recorded, startRealAgent, tell } from "@hsr/runtimes/agent/testing";
import { askEverything, guestPort } from "./script.ts";

const corpus = join(import.meta.dirname, "../corpus");
const folder = "/tmp/f";

/** For the agent: a byte that says how the rest arrives, and what a gateway wrote. */
const conversations: Record<string, (agent: Agent) => void> = {
  everything: (agent) => {
    for (const promise of askEverything(agent, folder).promises) promise.catch(() => undefined);
  },
  ping: (agent) => void agent.ping().catch(() => undefined),
  run: (agent) => {
    const execution = agent.start(1, program(["+loud"], { stdin: Buffer.from("in") }));
    execution.acknowledge({ stdout: 100, stderr: 10 });
    execution.forget();
  },
  files: (agent) => {
    const asked = [
      agent.writeFile(`${folder}/x`, Buffer.alloc(200, "x"), 0o644),
      agent.readFile(`${folder}/x`, { offset: 5, bytes: 50 }),
      agent.listFolder(folder, { depth: 2, limit: 5 }),
      agent.remove(folder, "tree"),
    ];
    for (const promise of asked) promise.catch(() => undefined);
  },
  channels: (agent) => {
    const file = agent.openWrite(`${folder}/x`, 0o600);
    const asked = [
      agent.connect(guestPort).then((stream) => stream.destroy()),
      file.write(Buffer.alloc(100, "x")),
      file.commit(),
      agent.readStream(`${folder}/x`, { offset: 1, bytes: 50 }).then(({ bytes }) => bytes.resume()),
    ];
    for (const promise of asked) promise.catch(() => undefined);
  },
  watches: (agent) => {
    const watch = agent.watch(1, folder, 4);
    const asked = [
      watch.started,
      agent.writeFile(`${folder}/d/e`, Buffer.from("x"), 0o600),
      agent.move(`${folder}/d`, `${folder}/g`),
      agent.remove(`${folder}/g`, "tree"),
      agent.watches(),
      watch.stop(),
    ];
    for (const promise of asked) promise.catch(() => undefined);
  },
  quiesce: (agent) => {
    for (const promise of [agent.ping(), agent.quiesce("release")]) promise.catch(() => undefined);
  },
};

async function main(): Promise<void> {
  for (const name of ["agent", "client"]) {
    rmSync(join(corpus, name), { recursive: true, force: true });
    mkdirSync(join(corpus, name), { recursive: true });
  }
  for (const [name, converse] of Object.entries(conversations)) {
    for (const how of [0, 3, 6]) {
      const bytes = Buffer.concat([Buffer.from([how]), await recorded(converse)]);
      writeFileSync(join(corpus, "agent", `${name}-${how}`), bytes.subarray(0, 16_000));
    }
  }
  writeFileSync(join(corpus, "client", "everything.json"), `${JSON.stringify(await answers(), null, 1)}\n`);
}

/** For the client: what a real agent answered to everything, as frames without their epoch. */
async function answers(): Promise<unknown[]> {
  const real = await startRealAgent();
  const stream = real.attach();
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  const write = stream.write.bind(stream);
  let epoch: Buffer | null = null;
  stream.write = ((chunk: Buffer) => {
    epoch ??= Buffer.from(chunk.subarray(16, 32));
    return write(chunk);
  }) as typeof stream.write;
  const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(guestPort, "127.0.0.1");
  const { promises, endless } = askEverything(openAgent(stream), real.folder);
  for (const promise of promises) promise.catch(() => undefined);
  await Promise.allSettled(promises.slice(0, -endless));
  await new Promise((resolve) => setTimeout(resolve, 300));
  await real.stop();
  server.close();
  const frames: unknown[] = [];
  const take = ({ type, flags, id, payload }: Frame): void => {
    frames.push({ type, flags, id, payload: payload.toString("hex") });
    /* Nothing here is large enough for a real one. */
    if (type === tell.CHANNEL_OPENED && payload.length === 8)
      frames.push({ type: tell.CHANNEL_WINDOW, flags: 0, id, payload: "0000020000000000" });
  };
  new FrameReader(epoch ?? Buffer.alloc(16), () => undefined, take).push(Buffer.concat(chunks));
  return frames;
}

await main();
/* Every message that a gateway can send is somewhere in there. */
process.stdout.write(
  `made the corpus of ${Object.keys(conversations).length} conversations, ${Object.keys(ask).length} messages\n`,
);
