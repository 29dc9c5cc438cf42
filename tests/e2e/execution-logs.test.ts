/** The output of executions in living sandboxes: as bytes from an offset, and followed as events. */
import type { Execution, ExecutionEvent, Sandbox } from "@hsr/contract";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";
import { type LivingCalls, livingCalls } from "../support/living.ts";
import { allEvents, eventsOf, type SeenEvent } from "../support/sse.ts";

/** The bytes of one stream, put together from its events; a gap is marked by its length. */
function outputOf(events: readonly SeenEvent<ExecutionEvent>[], stream: "stdout" | "stderr", from = 0): string {
  let at = from;
  let text = "";
  for (const { data } of events) {
    if (data.type !== "execution.output" || data.data.stream !== stream) continue;
    const { offset } = data.data;
    if (offset < at) throw new Error(`a piece at ${offset} comes again`);
    if (offset > at) text += `<${offset - at}>`;
    const piece =
      data.data.text === undefined ? Buffer.from(data.data.base64 ?? "", "base64") : Buffer.from(data.data.text);
    text += piece.toString("latin1");
    at = offset + piece.length;
  }
  return text;
}

describeWith(["bubblewrap"], "the output of executions", () => {
  let gateway: RunningGateway;
  let living: LivingCalls;
  let sandbox: Sandbox;
  beforeAll(async () => {
    gateway = await startGateway();
    living = livingCalls(gateway);
    sandbox = await living.create();
  });
  afterAll(() => gateway.stop());

  const bytes = (execution: Execution, query = "") =>
    gateway.call<string>("GET", living.path(execution, `/logs${query}`));
  const follow = (execution: Execution, query = "?follow=true", headers: Record<string, string> = {}) =>
    fetch(gateway.url + living.path(execution, `/logs${query}`), {
      headers: { authorization: `Bearer ${gateway.key}`, ...headers },
    });
  const sh = (script: string) => ["sh", "-c", script];

  it("is read from an offset, with where it begins and where to go on", async () => {
    const execution = await living.background(sandbox, { argv: sh("printf 0123456789; echo wrong >&2") });
    await living.finished(execution);
    const part = await bytes(execution, "?offset=4");
    expect(part.body).toBe("456789");
    expect(Object.fromEntries(part.headers)).toMatchObject({
      "content-type": "application/octet-stream",
      "hsr-offset": "4",
      "hsr-next-offset": "10",
      "hsr-stream-bytes": "10",
      "hsr-execution-state": "finished",
    });
    expect((await bytes(execution, "?offset=-3")).body).toBe("789");
    expect((await bytes(execution, "?stream=stderr")).body).toBe("wrong\n");
    const behind = await bytes(execution, "?offset=99");
    expect([behind.body, behind.headers.get("hsr-offset")]).toEqual(["", "99"]);
  });

  it("says what was dropped, while it runs and afterwards", async () => {
    const execution = await living.background(sandbox, {
      argv: sh("head -c 2000000 /dev/zero | tr '\\0' x; printf end; read line"),
      open_stdin: true,
      output_limit_bytes: 1000,
    });
    await expect.poll(async () => (await bytes(execution)).headers.get("hsr-next-offset")).toBe("2000003");
    const look = async () => {
      const { body, headers } = await bytes(execution);
      expect(headers.get("hsr-offset")).toBe("1999003");
      expect(body).toBe(`${"x".repeat(997)}end`);
    };
    await look();
    const followed = eventsOf<ExecutionEvent>(await follow(execution));
    const events: SeenEvent<ExecutionEvent>[] = [];
    for await (const event of followed) {
      events.push(event);
      if (event.data.type === "execution.output") break;
    }
    expect(outputOf(events, "stdout")).toBe(`<1999003>${"x".repeat(997)}end`);
    await gateway.call("POST", living.path(execution, "/stdin"), { end: true });
    expect(await living.finished(execution)).toMatchObject({ stdout_bytes: 2_000_003, stdout_truncated: 1_999_003 });
    await look();
  });

  it("is followed as events, from anywhere, with one end", async () => {
    const execution = await living.background(sandbox, {
      argv: sh("echo one; sleep 0.2; echo two >&2; sleep 0.2; printf '\\377\\n'; exit 3"),
    });
    const all = await allEvents<ExecutionEvent>(await follow(execution));
    expect(all.map(({ type }) => type).filter((type, at, list) => type !== list[at - 1])).toEqual([
      "execution.started",
      "execution.output",
      "execution.finished",
    ]);
    expect(outputOf(all, "stdout")).toBe("one\n\u00ff\n");
    expect(outputOf(all, "stderr")).toBe("two\n");
    expect(all.at(-1)?.data.data).toMatchObject({ exit_code: 3, reason: "exited", state: "finished" });
    expect(all.every((event, at) => at === 0 || event.data.seq > (all[at - 1]?.data.seq ?? 0))).toBe(true);
    for (const [at, event] of all.entries()) {
      const rest = await allEvents<ExecutionEvent>(
        await follow(execution, "", { accept: "text/event-stream", "last-event-id": event.id }),
      );
      const seen = all.slice(0, at + 1);
      expect(outputOf(seen, "stdout") + outputOf(rest, "stdout", outputOf(seen, "stdout").length)).toBe(
        "one\n\u00ff\n",
      );
      expect(outputOf(seen, "stderr") + outputOf(rest, "stderr", outputOf(seen, "stderr").length)).toBe("two\n");
      expect(rest.filter(({ type }) => type === "execution.finished")).toHaveLength(1);
    }
    const one = await allEvents<ExecutionEvent>(await follow(execution, "?follow=true&stream=stdout&offset=2"));
    expect([outputOf(one, "stdout", 2), outputOf(one, "stderr")]).toEqual(["e\n\u00ff\n", ""]);
  });

  it("comes with the execution itself when that is asked for as events", async () => {
    const request = (body: object) =>
      fetch(`${gateway.url}/v1/sandboxes/${sandbox.id}/exec`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${gateway.key}`,
          "content-type": "application/json",
          accept: "text/event-stream",
        },
        body: JSON.stringify(body),
      });
    const response = await request({ argv: sh("echo out; echo err >&2; exit 4") });
    expect(response.headers.get("hsr-execution-id")).toMatch(/^ex-/);
    const events = await allEvents<ExecutionEvent>(response);
    expect([outputOf(events, "stdout"), outputOf(events, "stderr")]).toEqual(["out\n", "err\n"]);
    expect(events.at(-1)?.data.data).toMatchObject({ exit_code: 4, stdout_bytes: 4 });
    const absent = await allEvents<ExecutionEvent>(await request({ argv: ["no-such-program"] }));
    expect(absent.map(({ type }) => type)).toEqual(["execution.finished"]);
    expect(absent[0]?.data.data).toMatchObject({ reason: "setup_failed", error: { code: "program_not_found" } });
  });

  it("goes on from its offset at the next gateway", async () => {
    const execution = await living.background(sandbox, {
      argv: sh("i=0; while [ $i -lt 40 ]; do echo $i; i=$((i+1)); sleep 0.05; done"),
    });
    const expected = `${Array.from({ length: 40 }, (_, at) => at).join("\n")}\n`;
    const before: SeenEvent<ExecutionEvent>[] = [];
    for await (const event of eventsOf<ExecutionEvent>(await follow(execution))) {
      before.push(event);
      if (before.length === 5) break;
    }
    await gateway.kill9();
    await gateway.restart();
    const last = before.at(-1)?.id ?? "";
    const after = await allEvents<ExecutionEvent>(await follow(execution, undefined, { "last-event-id": last }));
    expect(outputOf([...before, ...after], "stdout")).toBe(expected);
  });

  it("keeps no memory for a reader who does not read, and holds nobody up", async () => {
    const execution = await living.background(sandbox, {
      argv: sh("head -c 300000000 /dev/zero; sleep 60"),
      output_limit_bytes: 1_000_000,
    });
    // Their bodies are never read: what the kernel's buffers do not take stays where it is.
    const lazy = await Promise.all(Array.from({ length: 20 }, () => follow(execution)));
    await expect
      .poll(async () => Number((await bytes(execution, "?offset=-1")).headers.get("hsr-stream-bytes")), {
        timeout: 30_000,
      })
      .toBe(300_000_000);
    await gateway.call("POST", living.path(execution, "/cancel"));
    for (const response of lazy) await response.body?.cancel();
  }, 40_000);
});
