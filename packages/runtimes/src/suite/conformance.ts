import { Buffer } from "node:buffer";
import { buffer, text } from "node:stream/consumers";
import type { LimitName, SandboxId } from "@hsr/core";
import { describe, expect, type TestContext, test } from "vitest";
import { openAgent } from "../agent/index.ts";
import { benchFor, finish, lacks, type SuiteSubject, suiteSpec } from "./subject.ts";

const sleepMs = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Everything that the ports promise of any runtime, but for its walls. */
export function conformance(subject: SuiteSubject): void {
  describe(`${subject.name}: conformance`, () => {
    const bench = benchFor(subject);
    /** Skips with its reason where the runtime says that it does not enforce a limit here. */
    const needsLimit = (context: TestContext, limit: LimitName): void => {
      const reason = lacks(bench.runtime(), limit);
      if (reason) context.skip(reason);
    };

    describe("probe()", () => {
      test("says that the host can run it, by having run it, and can be asked at the same time", async () => {
        const reports = await Promise.all([bench.runtime().probe(), bench.runtime().probe()]);
        for (const report of reports) expect(report).toMatchObject({ available: true });
      });

      test("leaves capabilities that name at least one level, root and network mode", () => {
        const { levels, roots, networkModes } = bench.runtime().capabilities;
        for (const list of [levels, roots, networkModes]) expect(list.length).toBeGreaterThan(0);
      });
    });

    describe("launch()", () => {
      test("rejects when a required limit cannot be enforced, and leaves nothing", async (context) => {
        const { enforces } = bench.runtime().capabilities;
        const missing = (["memory", "pids", "cpu", "disk", "inodes"] as const).find(
          (limit) => !enforces.includes(limit),
        );
        if (!missing) return context.skip("every limit is enforced on this host");
        const spec = suiteSpec(bench.runtime(), { requiredLimits: [missing] });
        await expect(bench.runtime().launch(spec)).rejects.toMatchObject({ row: { class: "unavailable" } });
        expect(await bench.runtime().list()).not.toContain(spec.sandboxId);
      });

      test("resolves when the agent can be talked to", async () => {
        const { agent, guest } = await bench.launch();
        const hello = await agent.ready;
        expect(hello).toMatchObject({ version: 1, quiesced: false });
        expect(hello.features).toEqual(expect.arrayContaining(["pty", "files", "orphans"]));
        expect(await bench.runtime().list()).toContain(guest.id);
      });

      test("runs eight at once", async () => {
        const launched = await Promise.all(Array.from({ length: 8 }, () => bench.launch()));
        const said = await Promise.all(launched.map(({ shell }, i) => shell(`echo ${i}`)));
        expect(said.map(({ stdout }) => stdout)).toEqual(Array.from({ length: 8 }, (_, i) => `${i}\n`));
        await Promise.all(launched.map(({ guest }) => guest.destroy()));
      });
    });

    describe("an execution", () => {
      test("runs a file that was written behind the opening, with its arguments, streams and exit", async () => {
        const { agent, workspace, program } = await bench.launch();
        const written = agent.writeFile(
          `${workspace}/main.sh`,
          Buffer.from('echo "out $1"; cat; echo err >&2; exit 3'),
          0o644,
        );
        const spec = program(["sh", `${workspace}/main.sh`, "arg"], { stdin: Buffer.from("in\n") });
        expect(await finish(agent.start(1, spec))).toEqual({
          stdout: "out arg\nin\n",
          stderr: "err\n",
          code: 3,
          signal: null,
        });
        await written;
      });

      test("has a program that is missing told with ENOENT", async () => {
        const { agent, program } = await bench.launch();
        await expect(agent.start(1, program(["no-such-program"])).started).rejects.toMatchObject({ code: "ENOENT" });
      });

      test("keeps 5 MB of bytes in order", async () => {
        const { agent, program } = await bench.launch();
        const execution = agent.start(1, program(["sh", "-c", "yes 0123456 | head -c 5000000"]));
        const { stdout } = await finish(execution);
        expect(stdout.length).toBe(5_000_000);
        expect(stdout === "0123456\n".repeat(625_000)).toBe(true);
      });

      test("has a terminal where it asks for one", async () => {
        const { agent, program } = await bench.launch();
        const execution = agent.start(1, program(["stty", "size"], { terminal: { rows: 33, cols: 99 } }));
        expect((await finish(execution)).stdout).toBe("33 99\r\n");
      });

      test("is ended by a signal, and does not end with a grandchild that keeps stdout open", async () => {
        const { agent, program, shell } = await bench.launch();
        const sleeping = agent.start(1, program(["sleep", "100"]));
        await sleeping.started;
        await sleeping.signal(15, "process");
        expect((await finish(sleeping)).signal).toBe(15);
        const began = performance.now();
        expect((await shell("setsid sleep 100 & sleep 0.1; echo done")).stdout).toBe("done\n");
        expect(performance.now() - began).toBeLessThan(3000);
        expect((await agent.orphans()).total).toBe(1);
        expect(await agent.killOrphans(9)).toBe(1);
      });

      test("may use as many descriptors as its limit says", async () => {
        const { shell } = await bench.launch();
        expect((await shell("ulimit -n")).stdout).toBe("64\n");
      });
    });

    describe("files", () => {
      test("are written, read, listed, moved and removed inside", async () => {
        const { agent, workspace, shell } = await bench.launch();
        await agent.writeFile(`${workspace}/a/b`, Buffer.from("content"), 0o640);
        expect((await shell("cat a/b; stat -c %a a/b")).stdout).toBe("content640\n");
        await shell("echo guest > g");
        expect(Buffer.from(await agent.readFile(`${workspace}/g`, { offset: 0, bytes: 100 })).toString()).toBe(
          "guest\n",
        );
        await agent.move(`${workspace}/a/b`, `${workspace}/c`);
        const { entries } = await agent.listFolder(workspace, { depth: 2, limit: 10 });
        expect(entries.map(({ path }) => Buffer.from(path).toString()).sort()).toEqual(["a", "c", "g"]);
        const file = agent.openWrite(`${workspace}/stream`, 0o600);
        for (let i = 0; i < 20; i++) await file.write(Buffer.alloc(100_000, i));
        await file.commit();
        const { stat, bytes } = await agent.readStream(`${workspace}/stream`, { offset: 1_900_000, bytes: 1e9 });
        expect([stat.bytes, await buffer(bytes)]).toEqual([2_000_000, Buffer.alloc(100_000, 19)]);
        await agent.remove(`${workspace}/a`, "tree");
        await expect(agent.stat(`${workspace}/a`)).rejects.toMatchObject({ code: "ENOENT" });
      });

      test("that the guest made belong to whom the agent's files belong to", async () => {
        const { agent, workspace, shell } = await bench.launch();
        await agent.writeFile(`${workspace}/ours`, Buffer.from("x"), 0o600);
        await shell("touch theirs");
        expect((await agent.stat(`${workspace}/ours`)).uid).toBe((await agent.stat(`${workspace}/theirs`)).uid);
      });
    });

    describe("a watch", () => {
      test("tells what the guest changes, and goes on after a re-attach", async () => {
        const { guest, agent, workspace, shell } = await bench.launch();
        const watch = agent.watch(1, workspace, 4);
        await watch.started;
        await shell("mkdir -p a/b; echo x > a/b/file; mv a/b/file a/moved");
        const read = async (from: typeof watch, last: string): Promise<string[]> => {
          const seen: string[] = [];
          for await (const { kind, path, to } of from.events) {
            seen.push([kind, Buffer.from(path), Buffer.from(to ?? "")].join(" "));
            if (seen.at(-1)?.startsWith(last)) break;
          }
          return seen;
        };
        expect(await read(watch, "moved")).toEqual(expect.arrayContaining(["created a ", "moved a/b/file a/moved"]));
        const again = openAgent(await guest.attach());
        const [known] = await again.watches();
        await again.writeFile(`${workspace}/ours`, Buffer.alloc(3), 0o600);
        const events = await read(again.followWatch(1, known?.end ?? 0), "moved .hsr");
        expect(events.at(-1)).toMatch(/^moved .* ours$/);
      });
    });

    describe("ports", () => {
      test("of a server inside are listed and can be connected to, and only while it lives", async () => {
        const { agent, program } = await bench.launch();
        const script = `import http.server, socketserver
class Hello(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200); self.end_headers(); self.wfile.write(body[::-1])
server = socketserver.TCPServer(("127.0.0.1", 0), Hello)
print(server.server_address[1], flush=True); server.serve_forever()`;
        const server = agent.start(1, program(["python3", "-c", script]));
        let port = 0;
        for await (const { bytes } of server.output) {
          port = Number(Buffer.from(bytes).toString());
          break;
        }
        expect((await agent.ports()).ports).toContainEqual({ family: 4, address: "127.0.0.1", port });
        const stream = await agent.connect(port);
        stream.write("POST / HTTP/1.0\r\ncontent-length: 5\r\n\r\nhello");
        expect(await text(stream)).toMatch(/^HTTP\/1.0 200 [^]*olleh$/);
        await server.signal(9, "process");
        await expect.poll(() => agent.connect(port).catch(String)).toContain("ECONNREFUSED");
      });
    });

    describe("attach()", () => {
      test("gives a new stream and ends the one before; executions go on and nothing is lost", async () => {
        const { guest, agent, program } = await bench.launch();
        const first = agent.start(1, program(["sh", "-c", "for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.03; done"]));
        await first.started;
        const again = openAgent(await guest.attach());
        const { stdout, code } = await finish(again.follow(1, { stdout: 0, stderr: 0 }));
        expect([stdout, code]).toEqual(["1\n2\n3\n4\n5\n6\n7\n8\n", 0]);
        await agent.closed;
        await expect(first.exit).rejects.toMatchObject({ code: "CLOSED" });
      });

      test("many times in a row ends in a stream that works", async () => {
        const { guest } = await bench.launch();
        for (let i = 0; i < 20; i++) await guest.attach();
        await openAgent(await guest.attach()).ping();
      });
    });

    describe("list() and adopt()", () => {
      test("find a living sandbox again, and not one that is gone or never was", async () => {
        const { guest, shell } = await bench.launch();
        await shell("echo kept > kept");
        const adopted = await bench.runtime().adopt(guest.id);
        expect(adopted?.id).toBe(guest.id);
        const workspace = subject.workspaceOf?.(bench.runtime(), guest.id) ?? "/workspace";
        const agent = openAgent((await adopted?.attach()) ?? expect.fail("adopted"));
        expect((await agent.readFile(`${workspace}/kept`, { offset: 0, bytes: 9 })).length).toBe(5);
        await adopted?.destroy();
        /* Asked for while it goes away: whatever the answer, who had it before hears of its end. */
        await bench.runtime().adopt(guest.id);
        await adopted?.ended;
        expect((await guest.ended).end).toBe("destroyed");
        const remembered = await bench.runtime().adopt(guest.id);
        expect((await remembered?.ended)?.end ?? "destroyed").toBe("destroyed");
        expect(await bench.runtime().mayHaveLaunched(guest.id, Date.now())).toBe(true);
        const never = "sb-00000000000000000000000000" as SandboxId;
        expect(await bench.runtime().adopt(never)).toBeNull();
        expect(await bench.runtime().mayHaveLaunched(never, Date.now())).toBe(false);
      });
    });

    describe("the end", () => {
      test("by destroy() leaves no process, is told once, and may be asked for again", async () => {
        const { guest, agent, program } = await bench.launch();
        const execution = agent.start(1, program(["sh", "-c", "trap '' TERM INT HUP; setsid sleep 100 & sleep 100"]));
        await execution.started;
        const [usage, same] = await Promise.all([guest.destroy(), guest.destroy()]);
        expect(usage.wallMs).toBeGreaterThan(0);
        expect(same.wallMs).toBeGreaterThan(0);
        expect((await guest.ended).end).toBe("destroyed");
        await agent.closed;
        await expect(execution.exit).rejects.toMatchObject({ code: "CLOSED" });
        expect(await bench.runtime().list()).not.toContain(guest.id);
        await guest.destroy();
      });

      test("comes at the deadline, though nobody asks", async () => {
        const { guest, agent, program } = await bench.launch({ deadlineMs: 400 });
        const began = performance.now();
        agent.start(1, program(["sh", "-c", "trap '' TERM; while :; do :; done"]));
        expect((await guest.ended).end).toBe("deadline");
        expect(performance.now() - began).toBeLessThan(3000);
      });

      test("by sweep() takes what is not known and nothing else", async () => {
        const kept = await bench.launch();
        const lost = await bench.launch();
        const known = new Set((await bench.runtime().list()).filter((id) => id !== lost.guest.id));
        expect((await bench.runtime().sweep(known)).destroyed).toEqual([lost.guest.id]);
        await lost.guest.ended;
        expect((await bench.runtime().sweep(known)).destroyed).toEqual([]);
        expect((await kept.shell("echo alive")).stdout).toBe("alive\n");
      });
    });

    describe("usage()", () => {
      test("grows with time and, where it is measured, with work", async () => {
        const { guest, shell } = await bench.launch();
        const before = await guest.usage();
        await shell("i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done");
        await sleepMs(20);
        const after = await guest.usage();
        expect(after.wallMs).toBeGreaterThan(before.wallMs);
        if (before.cpuMs !== null && after.cpuMs !== null) expect(after.cpuMs).toBeGreaterThan(before.cpuMs);
        if (after.memoryPeakBytes !== null) expect(after.memoryPeakBytes).toBeGreaterThan(0);
      });
    });

    describe("metrics()", () => {
      test("say what is used and what may be, and nothing of a sandbox that is gone", async () => {
        const { guest, shell } = await bench.launch({ limits: { memoryBytes: 96 << 20, pids: 40, cpuCores: 0.5 } });
        await shell("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done");
        const now = await guest.metrics();
        expect(now).toMatchObject({ memoryLimitBytes: 96 << 20, pidsLimit: 40, cpuCoresLimit: 0.5 });
        expect(now.deadlineMs).toBeGreaterThan(30_000);
        if (now.memoryBytes !== null) {
          expect(now.memoryBytes).toBeGreaterThan(0);
          expect(now.memoryBytes).toBeLessThanOrEqual(now.memoryPeakBytes ?? 0);
        }
        if (now.pids !== null) expect(now.pids).toBeGreaterThan(0);
        if (now.cpuUserMs !== null && now.cpuSystemMs !== null && now.cpuMs !== null) {
          expect(now.cpuUserMs + now.cpuSystemMs).toBeGreaterThan(0);
          expect(Math.abs(now.cpuUserMs + now.cpuSystemMs - now.cpuMs)).toBeLessThan(20);
        }
        await guest.destroy();
        await expect(guest.metrics()).rejects.toMatchObject({ code: "not_found" });
      });
    });

    describe("renew()", () => {
      test("moves the deadline in both directions", async () => {
        const { guest } = await bench.launch({ deadlineMs: 500 });
        const month = 30 * 24 * 3600 * 1000;
        expect(await guest.renew(month)).toBe("renewed");
        expect((await guest.metrics()).deadlineMs).toBeGreaterThan(month - 60_000);
        await sleepMs(700);
        expect(await guest.renew(300)).toBe("renewed");
        expect((await guest.ended).end).toBe("deadline");
      });

      test("of what is gone says so", async () => {
        const { guest } = await bench.launch();
        await guest.destroy();
        expect(await guest.renew(10_000)).toBe("gone");
      });
    });

    describe("limits", () => {
      test("memory: what wants more is killed, and the sandbox says why or lives on", async (context) => {
        needsLimit(context, "memory");
        const { guest, agent, program } = await bench.launch({ limits: { memoryBytes: 64 << 20, diskBytes: 8 << 20 } });
        const hog = agent.start(
          1,
          program(["sh", "-c", "head -c 300000000 /dev/zero | tail -c 300000000 > /dev/null; echo $?"]),
        );
        const outcome = await Promise.race([finish(hog).then(() => "ran"), guest.ended.then(({ end }) => end)]).catch(
          () => "ended",
        );
        expect(["ran", "out_of_memory", "ended"]).toContain(outcome);
        const usage = await guest.destroy();
        expect(usage.memoryPeakBytes ?? 0).toBeLessThanOrEqual(72 << 20);
        expect(usage.oomKills).not.toBe(0);
      });

      test("pids: a fork bomb is bounded, and the sandbox can be used afterwards", async (context) => {
        needsLimit(context, "pids");
        const { agent, program, shell } = await bench.launch({ limits: { pids: 32 } });
        const bomb = agent.start(
          1,
          program([
            "sh",
            "-c",
            "for i in 1 2 3 4 5 6 7 8 9 10; do for j in 1 2 3 4 5 6 7 8 9 10; do sleep 5 & done; done; wait",
          ]),
        );
        const ended = finish(bomb);
        await Promise.race([ended, sleepMs(20_000)]);
        await bomb.signal(9, "session").catch(() => undefined);
        expect((await ended).stderr).toMatch(/fork|Resource/i);
        expect((await shell("echo fine")).stdout).toBe("fine\n");
      });

      test("disk: bytes and inodes are bounded", async (context) => {
        needsLimit(context, "disk");
        const { shell } = await bench.launch({ limits: { diskBytes: 4 << 20, inodes: 100 } });
        expect((await shell("head -c 9000000 /dev/zero > big; rm -f big")).stderr).toMatch(/No space|File size/);
        needsLimit(context, "inodes");
        expect((await shell("for i in $(seq 200); do : > f$i || exit 7; done")).code).not.toBe(0);
      });
    });
  });
}
