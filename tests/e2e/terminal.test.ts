/** Terminals over WebSocket: typed into, watched, left and come back to. */
import type { Execution, Sandbox } from "@hsr/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";
import { type LivingCalls, livingCalls } from "../support/living.ts";
import { attach, type Terminal } from "../support/terminal.ts";

describeWith(["bubblewrap"], "a terminal", () => {
  let gateway: RunningGateway;
  let living: LivingCalls;
  let sandbox: Sandbox;
  beforeAll(async () => {
    gateway = await startGateway({ env: { HSR_SERVER_ALLOWED_ORIGINS: "https://mine.example" } });
    living = livingCalls(gateway);
    sandbox = await living.create({ allow: ["opaque"] });
  });
  afterAll(() => gateway.stop());

  const size = { rows: 24, cols: 80 };
  const shell = (body: object = {}) =>
    living.background(sandbox, {
      argv: ["bash", "--norc"],
      environment: { PS1: "> ", TERM: "dumb" },
      terminal: size,
      ...body,
    });
  const open = (execution: Execution, query = "") => attach(gateway, living.path(execution, `/terminal${query}`));
  const refusal = async (attached: Promise<Terminal>) =>
    attached.then(
      () => "attached",
      (thrown: Error) => thrown.message,
    );

  it("shows what the program writes, takes what is typed, and tells its end", async () => {
    const execution = await shell();
    const terminal = await open(execution);
    await terminal.shows(/> $/);
    expect(terminal.messages).toEqual([
      { type: "attached", execution_id: execution.id, mode: "write", offset: 0, state: "running" },
    ]);
    terminal.type("echo $((6*7)); stty size\r");
    await terminal.shows(/\n42\r\n24 80\r\n/);
    terminal.say({ type: "resize", rows: 50, cols: 132 });
    terminal.type("\r");
    await expect
      .poll(async () => {
        terminal.type("stty size\r");
        return terminal.text();
      })
      .toMatch(/\n50 132\r\n/);
    // Typed before the program has the terminal, ^C would be a character of its input.
    terminal.type("echo now; sleep 100\r");
    await terminal.shows(/\nnow\r\n/);
    // A shell that is about to give the terminal to its program may lose one, and what was typed after it.
    let isOver = false;
    void terminal.closed.then(() => {
      isOver = true;
    });
    for (let tries = 0; tries < 20 && !isOver; tries += 1) {
      terminal.type("\u0003");
      await new Promise((resolve) => setTimeout(resolve, 150));
      if (!isOver) terminal.type("exit 6\r");
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(await terminal.closed).toEqual({ code: 1000, reason: "exited" });
    const written = terminal.bytes();
    expect(terminal.messages.at(-1)).toEqual({
      type: "exit",
      offset: written,
      reason: "exited",
      exit_code: 6,
      signal: null,
    });
    const again = await open(execution, "?offset=5");
    expect((await again.closed).code).toBe(1000);
    expect(again.text()).toBe(terminal.text().slice(5));
  });

  it("goes on from an offset, at this gateway and the next", async () => {
    const execution = await shell();
    const first = await open(execution);
    first.type("echo before\r");
    await first.shows(/\nbefore\r\n> $/);
    first.socket.terminate();
    const second = await open(execution, `?offset=${first.bytes()}`);
    second.type("echo between\r");
    await second.shows(/\nbetween\r\n> $/);
    await gateway.kill9();
    expect((await second.closed).code).toBe(1006);
    await gateway.restart();
    const third = await open(execution, `?offset=${first.bytes() + second.bytes()}`);
    third.type("echo after\r");
    await third.shows(/^echo after\r\nafter\r\n> $/);
    const all = await open(execution, "?mode=view");
    await all.shows(/\nafter\r\n> $/);
    expect(all.text()).toBe(first.text() + second.text() + third.text());
    const tail = await open(execution, "?mode=view&offset=-4");
    await tail.shows(/^\r\n> $/);
  });

  it("has several viewers and one writer, whose seat can be taken", async () => {
    const execution = await shell();
    const writer = await open(execution);
    const viewer = await open(execution, "?mode=view");
    viewer.type("echo from the viewer\r");
    viewer.say({ type: "resize", rows: 3, cols: 3 });
    expect(await refusal(open(execution))).toBe("409 seat_taken");
    writer.type("echo one\r");
    await viewer.shows(/\none\r\n> $/);
    const taker = await open(execution, "?take=true");
    await expect.poll(() => writer.messages.at(-1)).toEqual({ type: "seat", mode: "view" });
    writer.type("echo too late\r");
    taker.type("stty size\r");
    await writer.shows(/\n24 80\r\n> $/);
    taker.socket.close();
    await taker.closed;
    const next = await open(execution);
    next.type("exit\r");
    for (const each of [writer, viewer, next]) expect((await each.closed).code).toBe(1000);
    expect(viewer.text()).toBe(writer.text());
    expect(viewer.text()).not.toMatch(/viewer|late/);
  });

  it("shows nobody more than he takes, and the others everything", async () => {
    const execution = await shell({ output_limit_bytes: 100_000 });
    const lazy = await open(execution, "?mode=view");
    lazy.socket.pause();
    const writer = await open(execution);
    writer.type("head -c 60000000 /dev/zero | tr '\\0' x; echo; echo done; read\r");
    await writer.shows(/\ndone\r\n$/);
    lazy.socket.resume();
    await lazy.shows(/\ndone\r\n$/);
    expect(lazy.messages.some(({ type }) => type === "dropped")).toBe(true);
    expect(lazy.bytes()).toBeLessThan(30_000_000);
    writer.type("\rexit\r");
    await writer.closed;
  });

  describe("is for", () => {
    let execution: Execution;
    beforeAll(async () => {
      execution = await shell();
    });
    const path = (query = "") => living.path(execution, `/terminal${query}`);
    const key = async (body: object) =>
      (await gateway.call<{ key: string; id: string }>("POST", "/v1/keys", { name: "other", ...body })).body;
    const bearer = (text: string) => ({ authorization: `Bearer ${text}` });

    it("who has a key, in a header or a subprotocol and not in the address", async () => {
      expect(await refusal(attach(gateway, path(), { headers: {} }))).toBe("401 unauthorized");
      expect(await refusal(attach(gateway, path(), { headers: bearer("hsr_wrong") }))).toBe("401 unauthorized");
      expect(await refusal(attach(gateway, path(`?key=${gateway.key}`), { headers: {} }))).toBe("401 unauthorized");
      const wrong = attach(gateway, path(), { headers: {}, protocols: ["hsr", "bearer.hsr_wrong"] });
      expect(await refusal(wrong)).toBe("401 unauthorized");
      const browser = await attach(gateway, path(), { headers: {}, protocols: ["hsr", `bearer.${gateway.key}`] });
      expect(browser.socket.protocol).toBe("hsr");
      browser.socket.close();
      await browser.closed;
      expect(gateway.log()).not.toContain(gateway.key);
    });

    it("its tenant, with the scope for what is wanted, while the key is valid", async () => {
      const stranger = await key({ tenant: "other", scopes: ["sandboxes", "read"] });
      expect(await refusal(attach(gateway, path(), { headers: bearer(stranger.key) }))).toBe("404 not_found");
      const reader = await key({ scopes: ["read"] });
      expect(await refusal(attach(gateway, path(), { headers: bearer(reader.key) }))).toBe("403 scope_missing");
      const viewer = await attach(gateway, path("?mode=view"), { headers: bearer(reader.key) });
      viewer.socket.terminate();
    });

    it("pages of allowed origins and hosts that are ours", async () => {
      const from = (headers: Record<string, string>) =>
        refusal(attach(gateway, path("?mode=view"), { headers: { ...bearer(gateway.key), ...headers } }));
      expect(await from({ origin: "https://evil.example" })).toBe("403 origin_not_allowed");
      expect(await from({ origin: "https://mine.example" })).toBe("attached");
      expect(await from({ host: "evil.example" })).toBe("403 host_not_allowed");
    });

    it("WebSockets, and executions that have one", async () => {
      const plain = await gateway.call<{ error: { code: string } }>("GET", path());
      expect([plain.status, plain.body.error.code]).toEqual([426, "upgrade_required"]);
      const other = await living.background(sandbox, { argv: ["sleep", "5"] });
      expect(await refusal(open(other))).toBe("400 invalid_request");
      expect(await refusal(open(execution, "?mode=own"))).toBe("400 invalid_request");
      expect(await refusal(open(execution, "?mode=view&mode=write"))).toBe("400 invalid_request");
      expect(await refusal(attach(gateway, path().replace(/ex-\w{26}/, `ex-${"a".repeat(26)}`)))).toBe("404 not_found");
      expect(await refusal(attach(gateway, "/v1/runs"))).toBe("200 no error");
      const closed = await living.create();
      const asked = { argv: ["bash"], terminal: size, background: true };
      expect((await living.exec(closed, asked)).body.error.code).toBe("opaque_not_allowed");
    });

    it("messages of ours, in frames that are not too large", async () => {
      const talk = async (say: (terminal: Terminal) => void) => {
        const terminal = await open(execution);
        say(terminal);
        return (await terminal.closed).code;
      };
      expect(await talk((terminal) => terminal.say({ type: "resize", rows: 0, cols: 80 }))).toBe(1008);
      expect(await talk((terminal) => terminal.socket.send("not JSON"))).toBe(1008);
      expect(await talk((terminal) => terminal.say({ type: "resize", rows: 1, cols: 1, more: "x".repeat(2000) }))).toBe(
        1008,
      );
      expect(await talk((terminal) => terminal.type("x".repeat(64 * 1024 + 1)))).toBe(1009);
    });
  });

  it("is told when the gateway goes away", async () => {
    const execution = await shell();
    const terminal = await open(execution);
    await terminal.shows(/> $/);
    expect(await gateway.terminate()).toBe(0);
    expect((await terminal.closed).code).toBe(1001);
    await gateway.restart();
    const again = await open(execution, `?offset=${terminal.bytes()}`);
    again.type("exit 3\r");
    expect(await again.closed).toMatchObject({ code: 1000 });
    expect(again.messages.at(-1)).toMatchObject({ type: "exit", exit_code: 3 });
  });
});
