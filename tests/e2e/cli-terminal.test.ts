/** hsrctl with a terminal: a real pseudo terminal here, a real one in the sandbox, and a real gateway between them. */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startDoor } from "../support/door.ts";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";
import { hsrctl } from "../support/hsrctl.ts";
import { onPty } from "../support/pty.ts";

const program = fileURLToPath(new URL("../../bin/hsrctl", import.meta.url));
const detachKeys = "\u0010\u0011";

describeWith(["bubblewrap", "python3"], "hsrctl with a terminal", () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await startGateway();
    await call("create", "--name", "box", "--allow", "opaque");
  });
  afterAll(() => gateway.stop());

  const call = (...args: string[]) => hsrctl(args, { url: gateway.url, key: gateway.key });
  const start = (args: readonly string[], url = gateway.url) =>
    onPty([program, ...args], {
      rows: 30,
      cols: 100,
      env: { HOME: "/nonexistent", HSR_URL: url, HSR_KEY: gateway.key },
    });
  const bash = (url?: string) => start(["exec", "-it", "-e", "PS1=$ ", "box", "--", "bash", "--norc"], url);
  /** A command whose words do not stand on the screen before it has run. */
  const running = async () => (await call("ps", "box", "--json")).stdout.toString().trim();

  it("is refused where there is none, and where the sandbox does not allow it", async () => {
    expect((await call("exec", "-it", "box", "--", "bash")).stderr).toMatch(/standard input is no terminal\n.*-t/);
    await call("create", "--name", "closed");
    const refused = start(["exec", "-it", "closed", "--", "bash"]);
    expect(await refused.done).toEqual({ code: 125, restored: true });
    expect(refused.screen()).toMatch(/opaque/);
    await call("rm", "closed");
  });

  it("has keys, colours, the window's size and its changes, and the program's exit code", async () => {
    const terminal = bash();
    await terminal.shows("$ ");
    expect(await terminal.isRaw()).toBe(true);
    terminal.type("stty size; echo t\\e[31mr\\e[0m$((6*7))\r");
    await terminal.shows("30 100");
    terminal.type("printf '\\033[31mred%s\\n' $((6*7))\r");
    await terminal.shows("\u001b[31mred42");
    terminal.resize(50, 132);
    await expect
      .poll(async () => {
        terminal.type("stty size\r");
        return await Promise.race([terminal.shows("50 132").then(() => true), new Promise((r) => setTimeout(r, 300))]);
      })
      .toBe(true);
    terminal.type("sleep 60\r");
    await terminal.shows("sleep 60");
    terminal.type("\u0003");
    await terminal.shows("^C");
    terminal.type("exit 7\r");
    expect(await terminal.done).toEqual({ code: 7, restored: true });
    expect(await running()).toBe("");
  });

  it("is given back with the modes that the program had switched", async () => {
    const terminal = bash();
    await terminal.shows("$ ");
    terminal.type("printf '\\033[?1049h\\033[?25l\\033[?1000h\\033[5;10r%s' full$((1+1))\r");
    await terminal.shows("full2");
    terminal.type("exit\r");
    expect(await terminal.done).toEqual({ code: 0, restored: true });
    for (const undone of ["\u001b[?1049l", "\u001b[?25h", "\u001b[?1000l", "\u001b[r"])
      expect(terminal.screen().split("full2")[1]).toContain(undone);
  });

  it.each(["SIGTERM", "SIGHUP"] as const)("is given back at %s, which its program hears of", async (signal) => {
    const terminal = bash();
    await terminal.shows("$ ");
    terminal.signal(signal);
    expect(await terminal.done).toEqual({ code: signal === "SIGHUP" ? 129 : 143, restored: true });
    await expect.poll(running, { timeout: 5000 }).toBe("");
  });

  it("is left with Ctrl-P Ctrl-Q and returned to, with what was on it", async () => {
    const terminal = bash();
    await terminal.shows("$ ");
    terminal.type("echo before$((1+1))\r");
    await terminal.shows("before2");
    // One Ctrl-P alone is the program's: the line of before.
    terminal.type("\u0010");
    await terminal.shows("echo before$((1+1))");
    terminal.type("\u0015");
    terminal.type(detachKeys);
    expect(await terminal.done).toEqual({ code: 0, restored: true });
    const [, id = ""] = /hsrctl attach \S+ (ex-\S+)/.exec(terminal.screen()) ?? [];
    expect(JSON.parse(await running())).toMatchObject({ id, state: "running" });
    const again = start(["attach", "box", id]);
    await again.shows("before2");
    const refused = start(["attach", "box", id]);
    expect((await refused.done).code).toBe(125);
    expect(refused.screen()).toMatch(/hsrctl: /);
    const viewer = start(["attach", "--view", "box", id]);
    await viewer.shows("before2");
    again.type("echo after$((1+1))\r");
    await viewer.shows("after2");
    const taker = start(["attach", "--take", "box", id]);
    await again.shows("somebody else writes");
    viewer.type("\u0003");
    expect(await viewer.done).toEqual({ code: 0, restored: true });
    again.type(detachKeys);
    expect((await again.done).restored).toBe(true);
    await taker.shows("after2");
    taker.type("exit 3\r");
    expect(await taker.done).toEqual({ code: 3, restored: true });
  });

  it("goes on over a gateway that dies, with nothing lost or doubled", async () => {
    const door = await startDoor(() => gateway.url);
    const terminal = bash(door.url);
    await terminal.shows("$ ");
    terminal.type("for i in 1 2 3 4 5 6 7 8; do echo [$((i*11))]; sleep 0.3; done\r");
    await terminal.shows("[22]");
    await gateway.kill9();
    await gateway.restart();
    await terminal.shows("[88]");
    terminal.type("exit 5\r");
    expect(await terminal.done).toEqual({ code: 5, restored: true });
    door.close();
    expect([...terminal.screen().matchAll(/^\[(\d\d)\]/gm)].map(([, one]) => Number(one) / 11)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8,
    ]);
    expect(terminal.screen()).toMatch(/connecting again/);
  });

  it("shows what sandboxes use, until q", async () => {
    const terminal = start(["top", "--interval", "300ms"]);
    await terminal.shows("q quits");
    await terminal.shows("box");
    await terminal.shows(" % ");
    terminal.resize(5, 40);
    terminal.type("q");
    expect(await terminal.done).toEqual({ code: 0, restored: true });
    expect(terminal.screen()).toMatch(/\?25h\u001b\[\?1049l$/);
  });
});
