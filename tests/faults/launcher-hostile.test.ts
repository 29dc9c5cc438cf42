/**
 * A hostile gateway: everything that a process with the right uid can do to the launcher's socket. After each attack the
 * launcher serves an honest request, and its worker is the one that it was. Run on the ordinary and on the sanitized build.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, statSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { BubblewrapRuntime } from "@hsr/runtimes";
import { type Draft, encode, type Message, MessageReader, messageTypes } from "@hsr/runtimes/launcher";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "../support/host.ts";
import { launchSpec } from "../support/launch-spec.ts";
import { alive, type RunningLauncher, startLauncher, until } from "../support/launcher.ts";
import { runInGuest } from "../support/run-in-guest.ts";

/** What the launcher forks ahead when nobody says otherwise. */
const waitingStems = 8;

const versions = { versionMin: 1, versionMax: 1 };
const launchNumbers = {
  ...versions,
  memoryBytes: 64 << 20,
  pids: 32,
  cpuMillis: 1000,
  deadlineMs: 400,
  diskBytes: 1 << 20,
  inodes: 64,
  openFiles: 64,
};
const launchTexts = { sandbox: "sb-hostile", profile: "default", tenant: "t" };

/** Writes bytes on a new connection and collects the messages until the launcher hangs up or falls silent. */
async function say(path: string, bytes: Uint8Array, quietMs = 150): Promise<{ messages: Message[]; closed: boolean }> {
  const socket = createConnection({ path });
  const reader = new MessageReader();
  const messages: Message[] = [];
  let closed = false;
  socket.on("data", (chunk) => messages.push(...reader.push(chunk)));
  socket.on("error", () => undefined);
  const ended = new Promise<void>((resolve) => {
    socket.on("close", () => {
      closed = true;
      resolve();
    });
  });
  socket.write(bytes);
  await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, quietMs))]);
  socket.destroy();
  return { messages, closed };
}

function launch(changed: Draft = {}): Buffer {
  return encode(messageTypes.launch, 1, {
    numbers: { ...launchNumbers, ...changed.numbers },
    texts: { ...launchTexts, ...changed.texts },
  });
}

const codeOf = (messages: readonly Message[]): string => messages[0]?.texts.errorCode?.[0] ?? "none";

function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** How many descriptors the worker has with all its stems ready: each has a socket and a pipe, and one taken is made anew. */
async function descriptorsAtRest(launcher: RunningLauncher, worker: number): Promise<number> {
  await until("the stems are ready", () => launcher.sandboxPids().length >= waitingStems, 5000);
  let count = descriptorsOf(worker);
  let unchanged = 0;
  await until(
    "the worker is at rest",
    () => {
      const now = descriptorsOf(worker);
      unchanged = now === count ? unchanged + 1 : 0;
      count = now;
      return unchanged >= 100;
    },
    8000,
  );
  return count;
}

for (const build of ["plain", "asan"] as const) {
  const features =
    build === "asan"
      ? (["bubblewrap", "root", "cgroup", "clang"] as const)
      : (["bubblewrap", "root", "cgroup"] as const);
  describeWith(features, `a hostile gateway (${build} build)`, () => {
    let launcher: RunningLauncher;
    let worker: number;
    beforeAll(async () => {
      launcher = await startLauncher({ build });
      worker = launcher.workerPid();
    });
    afterAll(async () => {
      await launcher.stop();
      expect(launcher.log()).not.toMatch(/Sanitizer|runtime error/);
    });

    async function honest(): Promise<void> {
      const runtime = new BubblewrapRuntime(launcher.client);
      const guest = await runtime.launch(launchSpec());
      expect((await runInGuest(guest, ["echo", "ok"])).stdout).toBe("ok\n");
      await guest.destroy();
      expect(launcher.workerPid()).toBe(worker);
    }

    test("malformed messages are answered with an error and the connection is closed", async () => {
      const good = encode(messageTypes.hello, 1, { numbers: versions });
      const broken: Record<string, Buffer> = {
        "a type that does not exist": encode(99, 1, {}),
        "a reply as a request": encode(messageTypes.ok, 1, {}),
        "reserved bytes set": Buffer.from(good).fill(1, 6, 8),
        "a field past the end": Buffer.from(good).fill(0xff, 14, 16),
        "half a field": Buffer.concat([Buffer.from([3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]), Buffer.from([1, 0, 8])]),
        "a field twice": encode(messageTypes.kill, 1, { texts: { sandbox: ["sb-a", "sb-b"] } }),
        "no fields at all": encode(messageTypes.launch, 1, {}),
        "a number of the wrong size": encode(messageTypes.prepare, 1, {}).fill(0),
        "an unknown critical field": Buffer.concat([
          Buffer.from([good.length - 12 + 4, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]),
          good.subarray(12),
          Buffer.from([0x63, 0x80, 0, 0]),
        ]),
        "kill before hello": encode(messageTypes.kill, 1, { texts: { sandbox: "sb-a" } }),
      };
      for (const [what, bytes] of Object.entries(broken)) {
        const { messages, closed } = await say(launcher.socket, bytes);
        expect({ what, code: codeOf(messages), closed }).toEqual({ what, code: "malformed", closed: true });
      }
      await honest();
    });

    test("an oversized message is refused by its header alone", async () => {
      const header = Buffer.from([0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 1, 0, 0, 0]);
      expect(await say(launcher.socket, header)).toMatchObject({ closed: true });
    });

    test("an unknown field without the critical bit is passed over", async () => {
      const good = encode(messageTypes.hello, 1, { numbers: versions });
      const longer = Buffer.concat([
        Buffer.from([good.length - 12 + 4, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]),
        good.subarray(12),
        Buffer.from([0x63, 0x00, 0, 0]),
      ]);
      expect((await say(launcher.socket, longer)).messages[0]?.type).toBe(messageTypes.ok);
    });

    test("ids, profiles and tenants are names and nothing else", async () => {
      for (const name of ["../../x", "a/b", "", "-x", "A", "a b", "a\u0000b", "é", "x".repeat(64)]) {
        for (const field of ["sandbox", "profile", "tenant"] as const) {
          const { messages } = await say(launcher.socket, launch({ texts: { [field]: name } }));
          expect({ name, field, code: codeOf(messages) }).toEqual({ name, field, code: "malformed" });
        }
      }
      expect(codeOf((await say(launcher.socket, launch({ texts: { profile: "passwd" } }))).messages)).toBe(
        "unknown_profile",
      );
    });

    test("mounts and volumes that are not well-formed, or that nobody offers, are refused", async () => {
      const broken = ["", "ro", "ro\0folder\0docs\0", "rx\0folder\0docs\0\0/data", "ro\0path\0docs\0\0/data"];
      const paths = ["..", "../x", "a/../../x", "/etc", "a//b", "a/", ".", `${"x".repeat(256)}`, "a\nb"];
      const places = [
        "",
        "data",
        "/",
        "/proc",
        "/proc/1",
        "/etc/passwd",
        "/usr",
        "/opt/hsr/agent",
        "/a/..",
        "/dev/shm",
      ];
      const fields = [
        ...broken,
        ...["../x", "A", "", "x".repeat(64)].map((name) => `ro\0folder\0${name}\0\0/data`),
        ...paths.map((path) => `ro\0folder\0docs\0${path}\0/data`),
        ...places.map((place) => `rw\0volume\0docs\0\0${place}`),
        `ro\0folder\0docs\0\0/${"x".repeat(127)}`,
      ];
      for (const mount of fields) {
        const { messages } = await say(launcher.socket, launch({ texts: { mount } }), 100);
        expect({ mount, code: codeOf(messages) }).toEqual({ mount, code: "malformed" });
      }
      const good = "ro\0folder\0docs\0\0/data";
      const nine = Array.from({ length: 9 }, () => good);
      expect(codeOf((await say(launcher.socket, launch({ texts: { mount: nine } }))).messages)).toBe("malformed");
      expect(codeOf((await say(launcher.socket, launch({ texts: { mount: good } }))).messages)).toBe("unsupported");
      const hello = encode(messageTypes.hello, 1, { numbers: versions });
      const create = encode(messageTypes.volumeCreate, 2, {
        numbers: { diskBytes: 1, inodes: 1 },
        texts: { volume: "v" },
      });
      const refused = await say(launcher.socket, Buffer.concat([hello, create]), 50);
      expect(codeOf(refused.messages.slice(1))).toBe("unsupported");
      await honest();
    });

    test("limits of zero, too large, and negative are refused with their name", async () => {
      const names = {
        memoryBytes: "memory",
        pids: "pids",
        cpuMillis: "cpu",
        deadlineMs: "wall_time",
        diskBytes: "disk",
        inodes: "inodes",
        openFiles: "open_files",
      };
      for (const [field, limit] of Object.entries(names)) {
        for (const value of [0, Number.MAX_SAFE_INTEGER]) {
          const { messages } = await say(launcher.socket, launch({ numbers: { [field]: value } }));
          expect({ field, value, code: codeOf(messages), limit: messages[0]?.texts.limit?.[0] }).toEqual({
            field,
            value,
            code: "bad_limit",
            limit,
          });
        }
        const negative = launch({ numbers: { [field]: 2 ** 53 - 1 } });
        // All ones is -1 for who reads it signed.
        const at = negative.indexOf(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f, 0]));
        expect(codeOf((await say(launcher.socket, negative.fill(0xff, at, at + 8))).messages)).toBe("bad_limit");
      }
      expect(codeOf((await say(launcher.socket, launch({ texts: { required: "gravity" } }))).messages)).toBe(
        "malformed",
      );
      await honest();
    });

    test("no common version: an old launcher says so to a gateway that is too new", async () => {
      const tooNew = { versionMin: 2, versionMax: 9 };
      expect(codeOf((await say(launcher.socket, encode(messageTypes.hello, 1, { numbers: tooNew }))).messages)).toBe(
        "version",
      );
      expect(codeOf((await say(launcher.socket, launch({ numbers: tooNew }))).messages)).toBe("version");
      const reaches = encode(messageTypes.hello, 1, { numbers: { versionMin: 1, versionMax: 9 } });
      expect((await say(launcher.socket, reaches)).messages[0]?.numbers.version).toBe(1);
    });

    test("an id that lives is refused, and free again when it is gone", async () => {
      const runtime = new BubblewrapRuntime(launcher.client);
      const guest = await runtime.launch(launchSpec({ id: "sb-twice" }));
      expect(codeOf((await say(launcher.socket, launch({ texts: { sandbox: "sb-twice" } }))).messages)).toBe("exists");
      await guest.destroy();
      await guest.ended;
      await (await runtime.launch(launchSpec({ id: "sb-twice" }))).destroy();
    });

    test("a deadline that is none is refused, and the old one stands", async () => {
      const runtime = new BubblewrapRuntime(launcher.client);
      const guest = await runtime.launch(launchSpec({ id: "sb-renew", deadlineMs: 1500 }));
      const hello = encode(messageTypes.hello, 1, { numbers: versions });
      const day = 24 * 3600 * 1000;
      for (const deadlineMs of [0, 93 * day, Number.MAX_SAFE_INTEGER]) {
        const renew = encode(messageTypes.deadline, 2, { numbers: { deadlineMs }, texts: { sandbox: "sb-renew" } });
        const { messages } = await say(launcher.socket, Buffer.concat([hello, renew]), 50);
        expect({ deadlineMs, code: codeOf(messages.slice(1)) }).toEqual({ deadlineMs, code: "bad_limit" });
      }
      const without = encode(messageTypes.deadline, 2, { texts: { sandbox: "sb-renew" } });
      expect(codeOf((await say(launcher.socket, Buffer.concat([hello, without]))).messages.slice(1))).toBe("malformed");
      expect((await guest.ended).end).toBe("deadline");
    });

    test("kill, join, usage, metrics and renewal of ids that nobody launched are not found", async () => {
      const join = encode(messageTypes.join, 1, { numbers: versions, texts: { sandbox: "sb-nobody" } });
      expect(codeOf((await say(launcher.socket, join)).messages)).toBe("not_found");
      const hello = encode(messageTypes.hello, 1, { numbers: versions });
      const numbers = { deadlineMs: 1000 };
      for (const type of [messageTypes.kill, messageTypes.usage, messageTypes.metrics, messageTypes.deadline]) {
        const { messages } = await say(
          launcher.socket,
          Buffer.concat([hello, encode(type, 2, { numbers, texts: { sandbox: "sb-nobody" } })]),
        );
        expect(codeOf(messages.slice(1))).toBe("not_found");
      }
    });

    test("connections that hang up in the middle of anything leave nothing", async () => {
      await honest();
      const before = await descriptorsAtRest(launcher, worker);
      const whole = launch();
      for (let size = 0; size < whole.length; size += 7) await say(launcher.socket, whole.subarray(0, size), 2);
      for (let round = 0; round < 10; round++) {
        await say(launcher.socket, launch({ texts: { sandbox: `sb-gone-${round}` } }), 2);
      }
      await until("their sandboxes have ended", () => launcher.sandboxPids().length <= waitingStems + 1, 8000);
      await honest();
      await until("no descriptor is left", () => descriptorsOf(worker) <= before, 2000);
    }, 20_000);

    test.runIf(build === "plain")(
      "a connection that trickles bytes is cut off after five seconds, and delays nobody",
      async () => {
        const slow = createConnection({ path: launcher.socket });
        slow.on("error", () => undefined);
        const closed = once(slow, "close");
        slow.write(launch().subarray(0, 20));
        await honest();
        const begin = performance.now();
        await closed;
        expect(performance.now() - begin).toBeLessThan(6000);
      },
    );

    test("a thousand connections at once are bounded, and the honest client goes on", async () => {
      const many: Socket[] = [];
      for (let i = 0; i < 1000; i++) {
        const socket = createConnection({ path: launcher.socket });
        socket.on("error", () => undefined);
        many.push(socket);
      }
      await until("they were accepted or cut", () => many.every((one) => !one.connecting), 5000);
      expect(descriptorsOf(worker)).toBeLessThan(400);
      expect(await launcher.client.list()).toEqual([]);
      for (const socket of many) socket.destroy();
      await until("they are gone", () => descriptorsOf(worker) < 100, 5000);
      await honest();
    });

    test("a control connection that asks and never reads is let go", async () => {
      const deaf = createConnection({ path: launcher.socket });
      deaf.pause();
      deaf.on("error", () => undefined);
      deaf.write(encode(messageTypes.hello, 1, { numbers: versions }));
      const ask = Buffer.concat(Array.from({ length: 2000 }, (_, i) => encode(messageTypes.facts, i + 2, {})));
      deaf.write(ask);
      await honest();
      const size = Number(execFileSync("ps", ["-o", "rss=", "-p", String(worker)], { encoding: "utf8" }));
      // The sanitizer's own memory is not the launcher's.
      if (build === "plain") expect(size).toBeLessThan(16 << 10);
      deaf.destroy();
    });

    test("descriptors that come along are closed", async () => {
      await honest();
      const before = await descriptorsAtRest(launcher, worker);
      const script = [
        "import socket,sys,array,time",
        "data=bytes.fromhex(sys.argv[2])",
        "for part in (data, data[:5]):",
        "  s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])",
        "  null=open('/dev/null'); fds=array.array('i',[null.fileno()]*50)",
        "  s.sendmsg([part],[(socket.SOL_SOCKET,socket.SCM_RIGHTS,fds)])",
        "  time.sleep(0.1)",
      ].join("\n");
      const hello = encode(messageTypes.hello, 1, { numbers: versions }).toString("hex");
      const child = spawn("/usr/bin/python3", ["-c", script, launcher.socket, hello], {
        stdio: ["ignore", "ignore", "inherit"],
      });
      const [code] = (await once(child, "exit")) as [number | null];
      expect(code).toBe(0);
      await until("no descriptor is left", () => descriptorsOf(worker) <= before, 2000);
    });

    test("random bytes and mutated requests never end the worker", async () => {
      let seed = 12_345;
      const random = (below: number): number => {
        seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
        return (seed >>> 8) % below;
      };
      const hello = encode(messageTypes.hello, 1, { numbers: versions });
      for (let round = 0; round < 200; round++) {
        const bytes = Buffer.concat([
          random(2) === 0 ? hello : Buffer.alloc(0),
          launch({ texts: { sandbox: `sb-mutant-${round}` } }),
        ]);
        for (let flips = random(6); flips >= 0; flips--) bytes[random(bytes.length)] = random(256);
        await say(launcher.socket, bytes, 1);
      }
      await until("what they launched has ended", () => launcher.sandboxPids().length <= waitingStems + 1, 10_000);
      await honest();
    }, 30_000);

    test("the socket is closed to other users", () => {
      expect(statSync(launcher.socket).mode & 0o777).toBe(0o600);
      const attempt = () =>
        execFileSync(
          "setpriv",
          [
            "--reuid=65533",
            "--regid=65533",
            "--clear-groups",
            "/usr/bin/python3",
            "-c",
            "import socket,sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])",
            launcher.socket,
          ],
          { stdio: "ignore" },
        );
      expect(attempt).toThrow();
    });

    test("it ends as it should: the worker of the beginning lives", () => {
      expect(alive(worker)).toBe(true);
      expect(launcher.workerPid()).toBe(worker);
    });
  });
}
