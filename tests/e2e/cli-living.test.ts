/** hsrctl on living sandboxes, against a real gateway. */
import { get } from "node:http";
import type { Execution, ExecutionEvent, ExecutionSummary, PortGrant, Sandbox } from "@hsr/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startDoor } from "../support/door.ts";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";
import { type HsrctlOptions, hsrctl, startHsrctl } from "../support/hsrctl.ts";

describeWith(["bubblewrap", "python3"], "hsrctl with living sandboxes", () => {
  let gateway: RunningGateway;
  let box = "";
  const call = (args: readonly string[], options: HsrctlOptions = {}) =>
    hsrctl(args, { url: gateway.url, key: gateway.key, ...options });
  /** What it wrote to stdout, when it ended well. */
  const said = async (args: readonly string[], options: HsrctlOptions = {}) => {
    const result = await call(args, options);
    expect(result.stderr).toBe("");
    expect(result.code).toBe(0);
    return result.stdout.toString("utf8");
  };
  beforeAll(async () => {
    gateway = await startGateway({ env: { HSR_PORTS_LISTEN: "127.0.0.1:0" } });
    box = (
      (await said(["create", "--name", "box", "--allow", "opaque", "-e", "COLOUR=green"])).split("  ")[0] ?? ""
    ).trim();
  });
  afterAll(() => gateway.stop());

  describe("a sandbox", () => {
    it.each([
      ["a name that nobody has", ["get", "nobody"], 125, /no sandbox named nobody lives\n.*create --name nobody/],
      ["a name that is none", ["get", "No_Name"], 2, /neither an id nor a name of a sandbox/],
      ["an id that nobody has", ["get", `sb-${"a".repeat(26)}`], 125, /There is no such thing/],
      ["a name that is taken", ["create", "--name", "box"], 125, /name/],
      ["a name that cannot be", ["create", "--name", "Box!"], 125, /name/],
      ["no program", ["exec", "box"], 2, /nothing to run/],
      ["an option at the wrong place", ["exec", "box", "-d", "--", "true"], 2, /options stand before it.*exec -d box/],
      ["a program that is not there", ["exec", "box", "--", "nope"], 127, /nope/],
      ["a time without a unit", ["renew", "box", "5"], 2, /wants a time with its unit/],
    ] as const)("%s is an error that says what to do", async (_, args, code, message) => {
      const result = await call(args);
      expect(result.stderr).toMatch(message);
      expect(result).toMatchObject({ code, stdout: Buffer.alloc(0) });
    });

    it("is made, listed, shown, renewed and ended by its name or its id", async () => {
      const made = await said(["create", "--name", "short", "--ttl", "1h", "--label", "team=a", "-m", "128m"]);
      expect(made).toMatch(/^sb-[a-z2-7]{26} {2}short\n$/);
      const [id = ""] = made.split("  ");
      expect(await said(["ls", "--label", "team=a"])).toMatch(
        new RegExp(
          `^ID +NAME +STATE +RUNTIME +AGE +LEFT +LABELS\n${id} +short +running +bubblewrap +\\d+s +\\S.* +team=a\n$`,
        ),
      );
      const shown = JSON.parse(await said(["get", "short", "--json"])) as Sandbox;
      expect(shown).toMatchObject({ id, state: "running", limits: { memory_limit: 128 * 1024 ** 2 } });
      expect(await said(["get", id])).toMatch(/memory +128 MiB\n/);
      const until = Date.parse((await said(["renew", "short", "3h"])).trim());
      expect(until - Date.now()).toBeGreaterThan(2.9 * 3_600_000);
      expect(await said(["rm", "short"])).toBe(`${id}  deleted\n`);
      expect(await said(["get", "short"])).toMatch(/state +ended: deleted\n/);
      expect((await call(["exec", "short", "--", "true"])).stderr).toMatch(/has ended \(deleted\): see .*get sb-/);
      const living = (await said(["ls", "--json"])).trim().split("\n");
      expect(living.map((line) => (JSON.parse(line) as Sandbox).name)).toEqual(["box"]);
      expect(await said(["ls", "--all"])).toMatch(/short +deleted/);
    });

    it("is ended with others, also when one of the names is wrong", async () => {
      for (const name of ["one", "two"]) await said(["create", "--name", name]);
      const result = await call(["rm", "one", "nobody", "two"]);
      expect(result.stdout.toString()).toMatch(/^sb-\S+ {2}deleted\nsb-\S+ {2}deleted\n$/);
      expect(result.stderr).toMatch(/nobody: no sandbox named nobody lives/);
      expect(result.code).toBe(125);
    });
  });

  describe("what happens", () => {
    it("is told as it happens, of one sandbox and one type", async () => {
      const all = startHsrctl(["events", "--json", "--oldest"], gateway);
      const some = startHsrctl(["events", "--sandbox", "box", "--type", "execution.finished", "--oldest"], gateway);
      await call(["exec", "box", "--", "sh", "-c", "exit 9"]);
      await some.shows("exit_code=9");
      const told = (await said(["create", "--name", "told"])).split("  ")[0] ?? "";
      await all.shows(told);
      await said(["rm", "told"]);
      await all.shows("sandbox.ended");
      for (const one of [all, some]) one.process.kill("SIGINT");
      expect((await some.done).stdout.toString()).toMatch(/^\S+Z {2}execution\.finished {2}ex-\S+ {2}.*exit_code=9/m);
      const lines = (await all.done).stdout.toString().trim().split("\n");
      const events = lines.map((line) => JSON.parse(line) as { type: string; subject: string });
      expect(events.map(({ type }) => type)).toContain("execution.finished");
    });

    it("is shown as figures, once", async () => {
      const table = await said(["top", "--once"]);
      expect(table).toMatch(/^SANDBOX +CPU +MEMORY/);
      expect(table).toMatch(/^box +\d+\.\d % +\S+ \S+ \/ 256 MiB/m);
      const [line = ""] = (await said(["top", "--json", "box"])).split("\n");
      expect(JSON.parse(line)).toMatchObject({ sandbox_id: box, name: "box", memory_limit: 256 * 1024 ** 2 });
      expect((await call(["top"])).stderr).toMatch(/no terminal.*\n.*--once/);
    });

    it("on a port is reached at the address that is printed", async () => {
      const script = "cd /tmp && echo served > file && exec python3 -m http.server 8080 --bind 127.0.0.1";
      const server = (await said(["exec", "-d", "box", "--", "sh", "-c", script])).trim();
      const grant = JSON.parse(await said(["port", "box", "8080", "--json"])) as PortGrant;
      expect((await said(["port", "box", "8080", "--ttl", "5m"])).trim()).toMatch(/^http:\/\/8080-sb-.*\?/);
      // `*.localhost` is loopback by its name; not every resolver knows.
      const { host, port } = new URL(grant.origin);
      const headers = { host, "hsr-port-token": grant.token };
      const fetched = () =>
        new Promise<string>((resolve) => {
          get({ host: "127.0.0.1", port, path: "/file", headers }, (answer) => {
            answer.setEncoding("utf8").once("data", resolve);
          }).once("error", (error) => resolve(error.message));
        });
      await expect.poll(fetched, { timeout: 10_000 }).toBe("served\n");
      await said(["kill", "box", server]);
    });
  });

  describe("a program", () => {
    it("has its output, its exit code and its environment", async () => {
      const result = await call([
        "exec",
        "-e",
        "SIZE=9",
        "-w",
        "/tmp",
        "box",
        "--",
        "sh",
        "-c",
        'echo "$COLOUR $SIZE $PWD"; echo err >&2; exit 7',
      ]);
      expect(result).toMatchObject({ code: 7, stdout: Buffer.from("green 9 /tmp\n"), stderr: "err\n" });
    });

    it("has output that comes while it runs", async () => {
      // Not a shell: dash loses an interrupt that comes while it starts a program.
      const script = "import time; print('first', flush=True); time.sleep(30)";
      const running = startHsrctl(["exec", "box", "--", "python3", "-c", script], gateway);
      await running.shows("first");
      running.process.kill("SIGINT");
      expect((await running.done).code).toBe(130);
    });

    it("has our standard input, of any bytes, as it comes", async () => {
      const input = Buffer.alloc(700_000, "\0\u00ff\nhello");
      const through = await call(["exec", "box", "--", "cat"], { input });
      expect(through.stdout.equals(input)).toBe(true);
      expect(through.code).toBe(0);
      const typed = startHsrctl(["exec", "box", "--", "cat"], { ...gateway, openStdin: true });
      typed.process.stdin?.write("one\n");
      await typed.shows("one\n");
      typed.process.stdin?.end("two\n");
      expect((await typed.done).stdout.toString()).toBe("one\ntwo\n");
    });

    it("that does not read is not waited for", async () => {
      const running = startHsrctl(["exec", "box", "--", "echo", "done"], { ...gateway, openStdin: true });
      expect(await running.done).toMatchObject({ code: 0, stdout: Buffer.from("done\n") });
    });

    it("gets Ctrl-C, and is killed by the second", async () => {
      const script = "trap 'echo caught' INT; echo ready; while :; do sleep 0.1; done";
      const running = startHsrctl(["exec", "box", "--", "bash", "-c", script], gateway);
      await running.shows("ready");
      running.process.kill("SIGINT");
      await running.shows("caught");
      running.process.kill("SIGINT");
      expect((await running.done).code).toBe(130);
      expect((await call(["ps", "box"])).stderr).toMatch(/nothing runs in it/);
    });

    it("runs in the background and is listed", async () => {
      const id = (await said(["exec", "-d", "box", "--", "sh", "-c", "echo '\u001b[31m'; sleep 30"])).trim();
      expect(id).toMatch(/^ex-/);
      const listed = await said(["ps", "box"]);
      expect(listed).toMatch(new RegExp(`${id} +running +background`));
      // What a guest's argv holds does nothing to the terminal.
      expect(listed).toContain("\\x1b[31m");
      expect(listed).not.toContain("\u001b");
      const [one] = (await said(["ps", "box", "--json"])).trim().split("\n");
      expect(JSON.parse(one ?? "") as ExecutionSummary).toMatchObject({ id, state: "running" });
    });

    it("has logs: all of them, from an offset, of one stream, and as they come", async () => {
      const script = "printf 'one\\n\\377\\n'; echo err >&2; read line; echo $line; exit 3";
      const id = (await said(["exec", "-d", "-i", "box", "--", "sh", "-c", script])).trim();
      const following = startHsrctl(["logs", "-f", "box", id], gateway);
      await following.shows("err");
      const logs = (...more: string[]) => call(["logs", "box", id, ...more]);
      expect(await logs()).toMatchObject({ stdout: Buffer.from("one\n\u00ff\n", "latin1"), stderr: "err\n", code: 0 });
      expect(await logs("--from", "2", "--stream", "stdout")).toMatchObject({
        stdout: Buffer.from("e\n\u00ff\n", "latin1"),
        stderr: "",
      });
      expect((await logs("--from", "-3", "--stream", "stderr")).stderr).toBe("rr\n");
      const path = `/v1/sandboxes/${box}/executions/${id}/stdin`;
      expect((await gateway.call("POST", path, { text: "late\n", end: true })).status).toBe(200);
      expect(await following.done).toMatchObject({ stdout: Buffer.from("one\n\u00ff\nlate\n", "latin1"), code: 0 });
      expect((await call(["logs", "box", id, "--from", "x"])).code).toBe(2);
    });

    it("has logs that say where the newest output took the place of older", async () => {
      const argv = ["sh", "-c", "head -c 100000 /dev/zero; echo end"];
      const id = (await said(["exec", "-d", "--output-limit", "1k", "box", "--", ...argv])).trim();
      await gateway.call("GET", `/v1/sandboxes/${box}/executions/${id}?wait_ms=10000`);
      const result = await call(["logs", "box", id]);
      expect(result.stderr).toMatch(/^hsrctl: 9\d\.\d KiB of stdout were dropped here\n$/);
      expect(result.stdout.toString()).toMatch(/\0end\n$/);
    });

    it("gets signals, and is killed", async () => {
      const script = "trap 'echo usr' USR1; echo ready; while :; do sleep 0.1; done";
      const id = (await said(["exec", "-d", "box", "--", "bash", "-c", script])).trim();
      const following = startHsrctl(["logs", "-f", "box", id], gateway);
      await following.shows("ready");
      expect(await said(["signal", "box", id, "usr1"])).toBe("");
      await following.shows("usr");
      expect(await said(["kill", "box", id])).toBe(`${id}  cancelled\n`);
      expect((await following.done).code).toBe(0);
      expect((await call(["signal", "box", id, "TERM"])).stderr).toMatch(/has ended|ended/);
    });

    it("is printed as JSON, whole or event by event", async () => {
      const result = JSON.parse(await said(["exec", "--json", "box", "--", "echo", "hi"])) as Execution;
      expect(result).toMatchObject({ exit_code: 0, stdout: "hi\n", stderr: "" });
      const lines = (await said(["exec", "--json", "--stream", "box", "--", "echo", "hi"])).trim().split("\n");
      expect(lines.map((line) => (JSON.parse(line) as ExecutionEvent).type)).toEqual([
        "execution.started",
        "execution.output",
        "execution.finished",
      ]);
    });

    it("goes on over a gateway that dies, with no byte lost or doubled", async () => {
      const script = "for i in 1 2 3 4 5 6 7 8 9; do echo $i; sleep 0.3; done; exit 3";
      const door = await startDoor(() => gateway.url);
      const running = startHsrctl(["exec", box, "--", "sh", "-c", script], { url: door.url, key: gateway.key });
      await running.shows("2\n");
      await gateway.kill9();
      await gateway.restart();
      const result = await running.done;
      door.close();
      expect(result.stdout.toString()).toBe("1\n2\n3\n4\n5\n6\n7\n8\n9\n");
      expect(result.stderr).toMatch(/connecting again/);
      expect(result.code).toBe(3);
    });
  });
});
