import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { accessSync, chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { describeWith } from "../support/host.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** As root the commands are tried as this ordinary user: root's own would touch /var/lib and make an account. */
const USER = 65_534;
const asRoot = process.getuid?.() === 0;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Whether that user can read the checkout at all: below /root, for instance, nobody else can. */
function readable(): boolean {
  return (
    !asRoot ||
    spawnSync("setpriv", [`--reuid=${USER}`, "--clear-groups", "cat", join(root, "package.json")]).status === 0
  );
}

describeWith(["bubblewrap", "user", "userns", "python3"], "make up, down and serve, by an ordinary user", () => {
  let home = "";
  let env: Record<string, string> = {};
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), "hsr-up-"));
    if (asRoot) chownSync(home, USER, USER);
    chmodSync(home, 0o700);
    env = {
      PATH: process.env["PATH"] ?? "",
      HOME: home,
      XDG_STATE_HOME: join(home, "state"),
      HSR_LISTEN: `127.0.0.1:${await freePort()}`,
      // Not every host lets a user limit memory; what is refused then is tried elsewhere.
      HSR_LIMITS_UNENFORCED: "allow",
    };
  });
  afterAll(() => {
    script("down");
    rmSync(home, { recursive: true, force: true });
  });

  const words = (name: string): [string, ...string[]] => {
    const command = [process.execPath, join(root, `scripts/${name}.ts`)] as const;
    return asRoot ? ["setpriv", `--reuid=${USER}`, `--regid=${USER}`, "--clear-groups", ...command] : [...command];
  };
  const script = (name: string, more: Record<string, string> = {}) => {
    const [file, ...args] = words(name);
    const done = spawnSync(file, args, { env: { ...env, ...more }, encoding: "utf8", cwd: root });
    return { code: done.status, text: done.stdout + done.stderr };
  };
  // One test's installation must not stand in the way of the next.
  afterEach(() => void script("down"));
  const record = () =>
    JSON.parse(readFileSync(join(home, "state/hsr/up.json"), "utf8")) as Record<
      "gateway" | "launcher",
      { pid: number }
    >;
  const alive = (pid: number): boolean => {
    try {
      accessSync(`/proc/${pid}/exe`);
      return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
    } catch {
      return false; // No such process.
    }
  };

  test.skipIf(!readable())("down without up, and a port that is taken, are said in a sentence", async () => {
    expect(script("down")).toMatchObject({ code: 0, text: expect.stringContaining("Nothing to stop") as string });
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(Number(env["HSR_LISTEN"]?.split(":")[1]), "127.0.0.1", resolve));
    const refused = script("up");
    await new Promise((resolve) => taken.close(resolve));
    expect(refused.code).toBe(1);
    expect(refused.text).toMatch(/is taken by another program\.\nTake another one: HSR_LISTEN=/);
    expect(existsSync(join(home, "state/hsr/up.json"))).toBe(false);
  });

  test.skipIf(!readable())(
    "up runs a sample with its decision; again it is harmless; down leaves nothing",
    () => {
      const first = script("up");
      expect(first.text).toMatch(/HSR is up at http:.*\n[\s\S]*Hello from a sandbox: Python .*user 1000/);
      expect(first.text).toMatch(/decided: bubblewrap, level basic, by the rule policy\.yaml:\d+/);
      expect(first.code).toBe(0);
      const before = record();
      expect(script("up").text).toMatch(/HSR is already up/);
      expect(record()).toEqual(before);
      const key = join(home, "state/hsr/data/key");
      expect(spawnSync("stat", ["-c", "%a %u", key], { encoding: "utf8" }).stdout).toBe(
        `600 ${asRoot ? USER : process.getuid?.()}\n`,
      );

      process.kill(before.gateway.pid, "SIGKILL");
      const third = script("up");
      expect(third.text).toMatch(/The gateway had ended: starting again/);
      expect(third.code).toBe(0);
      const after = record();
      expect(after.launcher).toEqual(before.launcher);
      expect(script("down").text).toMatch(/Stopped: gateway ended, launcher ended/);
      for (const one of [before.gateway, after.gateway, after.launcher]) expect(alive(one.pid)).toBe(false);
      expect(existsSync(join(home, "state/hsr/endpoint.json"))).toBe(false);
    },
    90_000,
  );

  test.skipIf(!readable())(
    "serve stays in the foreground, and Ctrl-C stops both",
    async () => {
      const [file, ...args] = words("serve");
      const serving: ChildProcess = spawn(file, args, { env, cwd: root, stdio: ["ignore", "pipe", "pipe"] });
      let text = "";
      const up = new Promise<void>((resolve) => {
        serving.stdout?.on("data", (chunk: Buffer) => {
          text += chunk.toString();
          if (text.includes("Ctrl-C stops it")) resolve();
        });
      });
      await up;
      const { gateway, launcher } = record();
      const refused = script("serve");
      expect(refused).toMatchObject({ code: 1, text: expect.stringContaining("is up already") as string });
      const ended = new Promise<number | null>((resolve) => serving.once("exit", resolve));
      serving.kill("SIGINT");
      expect(await ended).toBe(0);
      expect([alive(gateway.pid), alive(launcher.pid)]).toEqual([false, false]);
    },
    90_000,
  );
});
