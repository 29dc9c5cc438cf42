/**
 * Requests about files while the guest swaps a folder for a link that leads out of its own: whatever a request meets on its way, it meets
 * it with the guest's rights. The control is an agent that was given no guest ids: there the same swaps lead it out.
 */
import { chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import type { Agent } from "@hsr/core";
import { program, startRealAgent } from "@hsr/runtimes/agent/testing";
import { expect, test } from "vitest";
import { describeWith } from "../support/host.ts";

const guest = 64_243;
const rounds = process.env["HSR_SOAK"] === "1" ? 10_000 : 400;

/** The guest: "d" is a folder, a link out, a folder, … as fast as it can. */
const swapper = (outside: string) => `
import os
os.mkdir("real"); os.symlink("${outside}", "link")
steps = [("real", "d"), ("d", "real"), ("link", "d"), ("d", "link")]
print("swapping", flush=True)
while True:
    for a, b in steps:
        try: os.rename(a, b)
        except OSError:
            if os.path.isdir("d") and not os.path.islink("d"): os.system("rm -rf d")
            elif os.path.islink("d"): os.unlink("d")
            if not os.path.islink("link"):
                try: os.symlink("${outside}", "link")
                except OSError: pass
            try: os.mkdir("real")
            except OSError: pass
`;

interface Answers {
  readonly texts: readonly string[];
  /** Requests that were led out, and stopped there. */
  readonly denied: number;
}

/** Everything there is to ask about a path below "d". What fails, fails. */
async function ask(agent: Agent, folder: string, round: number): Promise<Answers> {
  const d = join(folder, "d");
  const asked: Promise<unknown>[] = [
    agent.writeFile(`${d}/kept`, Buffer.from("overwritten"), 0o666),
    agent.openWrite(`${d}/new${round}`, 0o666).commit(),
    agent.makeFolder(`${d}/made${round}`, 0o777),
    agent.chmod(`${d}/kept`, 0o666),
    agent.move(`${d}/kept`, `${d}/moved`),
    agent.remove(`${d}/kept`),
    agent.remove(d, "tree"),
    agent.listFolder(d, { depth: 3, limit: 100 }).then(({ entries }) => JSON.stringify(entries)),
    agent.readFile(`${d}/kept`, { offset: 0, bytes: 100 }).then((bytes) => Buffer.from(bytes).toString()),
    agent.readStream(`${d}/kept`).then(async ({ bytes }) => (await buffer(bytes)).toString()),
  ];
  const watch = agent.watch(round, d, 2);
  asked.push(watch.started.then(() => watch.stop()));
  const done = await Promise.allSettled(asked);
  const texts = done.flatMap((one) => (one.status === "fulfilled" && typeof one.value === "string" ? [one.value] : []));
  const reasons = done.map((one) => (one.status === "rejected" ? (one.reason as { code: string }).code : ""));
  return { texts, denied: reasons.filter((code) => code === "EACCES" || code === "EPERM").length };
}

/** What is to be seen of the folder that no request may reach. */
function look(outside: string): unknown {
  const names = readdirSync(outside).sort();
  const modes = names.map((name) => statSync(join(outside, name)).mode & 0o777);
  return { names, modes, mode: statSync(outside).mode & 0o777 };
}

interface Outcome {
  readonly led: "out" | "nowhere";
  readonly rounds: number;
  readonly denied: number;
}

/** Swaps and asks until something outside has changed or was read, or the rounds are over. */
async function race(kind: "guest" | "control"): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "hsr-race-"));
  const outside = mkdtempSync(join(tmpdir(), "hsr-outside-"));
  const real = await startRealAgent(kind === "guest" ? ["--guest-uid", `${guest}`, "--guest-gid", `${guest}`] : []);
  try {
    chownSync(folder, guest, guest);
    mkdirSync(join(outside, "inner"));
    writeFileSync(join(outside, "kept"), "private to the host", { mode: 0o600 });
    const before = look(outside);
    const agent = real.open();
    const python = ["python3", "-c", swapper(outside)];
    const swapping = agent.start(1, program(python, { cwd: folder }));
    for await (const chunk of swapping.output) if (chunk.bytes.length > 0) break;
    let denied = 0;
    for (let round = 1; round <= rounds; round++) {
      const answers = await ask(agent, folder, round);
      denied += answers.denied;
      const read = answers.texts.some((text) => text.includes("private to the host"));
      if (read || JSON.stringify(look(outside)) !== JSON.stringify(before))
        return { led: "out", rounds: round, denied };
    }
    expect(readFileSync(join(outside, "kept"), "utf8")).toBe("private to the host");
    await swapping.signal(9, "session");
    return { led: "nowhere", rounds, denied };
  } finally {
    await real.stop();
    rmSync(folder, { recursive: true, force: true });
    rmSync(outside, { recursive: true, force: true });
  }
}

describeWith(["root", "python3"], "a guest that swaps folders for links", () => {
  test(`leads no request of ${rounds} rounds out of where it may go itself`, { timeout: 600_000 }, async () => {
    const { led, denied } = await race("guest");
    expect(led).toBe("nowhere");
    expect(denied, "requests that met the link").toBeGreaterThan(rounds / 20);
  });

  test("leads an agent out that has more rights than it: the control", { timeout: 600_000 }, async () => {
    expect((await race("control")).led).toBe("out");
  });
});
