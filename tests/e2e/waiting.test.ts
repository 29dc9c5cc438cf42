/** Waiting for a run, watching it, leaving it, cancelling it, and asking twice. */
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import type { RunList } from "@hsr/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";
import { allEvents, eventsOf, outputOf, type SeenEvent } from "../support/sse.ts";

describeWith(["bubblewrap"], "waiting for a run", () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(async () => {
    await gateway.stop();
  });

  const post = (body: object, headers: Record<string, string> = {}, signal?: AbortSignal) =>
    fetch(`${gateway.url}/v1/sandboxes/run`, {
      method: "POST",
      headers: { authorization: `Bearer ${gateway.key}`, "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    });
  const watch = (id: string, headers: Record<string, string> = {}, signal?: AbortSignal) =>
    fetch(`${gateway.url}/v1/runs/${id}/events`, {
      headers: { authorization: `Bearer ${gateway.key}`, ...headers },
      ...(signal === undefined ? {} : { signal }),
    });
  const state = async (id: string) => (await gateway.call("GET", `/v1/runs/${id}`)).body;
  const begin = async (argv: string[], more: object = {}) => (await gateway.run({ argv, wait_ms: 0, ...more })).body.id;

  describe("asynchronously", () => {
    test.for([
      [{ wait_ms: 0 }, {}],
      [{}, { prefer: "respond-async" }],
    ] as const)("%j %j answers 202 with its address at once", async ([fields, headers]) => {
      const {
        status,
        body,
        headers: answered,
      } = await gateway.run({ argv: ["sh", "-c", "sleep 0.2; echo done"], ...fields }, headers);
      expect(status).toBe(202);
      expect(answered.get("location")).toBe(`/v1/runs/${body.id}`);
      expect(body).toMatchObject({ stdout: null, reason: null, detached: true });
      const done = await gateway.call("GET", `/v1/runs/${body.id}?wait_ms=5000`);
      expect(done.body).toMatchObject({ state: "finished", reason: "exited", stdout: "done\n" });
    });

    test("after wait_ms the answer is 202 and the run goes on without its client", async () => {
      const { status, body } = await gateway.run({ argv: ["sh", "-c", "sleep 0.4; echo late"], wait_ms: 100 });
      expect(status).toBe(202);
      expect((await gateway.call("GET", `/v1/runs/${body.id}?wait_ms=5000`)).body.stdout).toBe("late\n");
    });

    test("a run that is found while it runs says so, and its logs are what there is", async () => {
      const id = await begin(["sh", "-c", "echo first; sleep 20"]);
      const events = eventsOf(await watch(id));
      for await (const event of events) if (event.type === "run.output") break;
      expect(await state(id)).toMatchObject({ state: "running", stdout: null, stdout_bytes: 6 });
      expect((await gateway.call<string>("GET", `/v1/runs/${id}/logs`)).body).toBe("first\n");
      expect((await gateway.call("POST", `/v1/runs/${id}/cancel`)).body).toMatchObject({
        state: "finished",
        reason: "cancelled",
        stdout: "first\n",
      });
      expect((await gateway.call<string>("GET", `/v1/runs/${id}/logs?stream=stdout`)).body).toBe("first\n");
    });
  });

  describe("streamed", () => {
    test("the steps, the output and exactly one end come in order, and ids grow", async () => {
      const response = await post(
        { argv: ["sh", "-c", "echo out; echo err >&2; sleep 0.1; printf 'h\\303'; sleep 0.1; printf '\\251\\n'"] },
        { accept: "text/event-stream" },
      );
      expect(response.headers.get("content-type")).toContain("text/event-stream");
      const id = response.headers.get("hsr-run-id") ?? "";
      const events = await allEvents(response);
      expect(events.slice(0, 3).map((event) => event.type)).toEqual(["run.queued", "run.starting", "run.started"]);
      expect(events.filter((event) => event.type === "run.finished")).toHaveLength(1);
      expect(events.at(-1)).toMatchObject({
        type: "run.finished",
        data: { subject: id, tenant: "default", data: { reason: "exited", stdout_bytes: 8 } },
      });
      const seqs = events.map((event) => event.data.seq);
      expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
      expect(new Set(seqs).size).toBe(seqs.length);
      expect(outputOf(events, "stdout").toString()).toBe("out\nhé\n");
      expect(outputOf(events, "stderr").toString()).toBe("err\n");
      // The halves of é came apart, and no event has half of it.
      for (const { data } of events) if (data.type === "run.output") expect(data.data.base64).toBeUndefined();
    });

    test("bytes that are no text come as base64", async () => {
      const events = await allEvents(await post({ argv: ["printf", "\\377\\376"] }, { accept: "text/event-stream" }));
      expect(outputOf(events, "stdout")).toEqual(Buffer.from([255, 254]));
    });

    test("a watcher who comes back with Last-Event-ID misses nothing and sees nothing twice, live and afterwards", async () => {
      const id = await begin(["sh", "-c", "for i in 1 2 3 4 5 6 7 8; do echo line $i; echo e$i >&2; sleep 0.03; done"]);
      const first: SeenEvent[] = [];
      const leave = new AbortController();
      try {
        for await (const event of eventsOf(await watch(id, {}, leave.signal))) {
          first.push(event);
          if (first.filter((seen) => seen.type === "run.output").length === 5) leave.abort();
        }
      } catch {
        // Leaving looks like this.
      }
      const rest = await allEvents(await watch(id, { "last-event-id": first.at(-1)?.id ?? "" }));
      expect((await state(id)).reason).toBe("exited");
      const both = [...first, ...rest];
      expect(outputOf(both, "stdout").toString()).toBe(Array.from({ length: 8 }, (_, i) => `line ${i + 1}\n`).join(""));
      expect(outputOf(both, "stderr").toString()).toBe(Array.from({ length: 8 }, (_, i) => `e${i + 1}\n`).join(""));
      expect(both.filter((event) => event.type === "run.queued")).toHaveLength(1);
      const later = await allEvents(await watch(id, { "last-event-id": first.at(-1)?.id ?? "" }));
      expect(outputOf([...first, ...later], "stdout")).toEqual(outputOf(both, "stdout"));
    });

    test.runIf(process.env["HSR_SOAK"] === "1")(
      "a silent stream is kept open by comments, and they are no events",
      async () => {
        const response = await post({ argv: ["sleep", "17"] }, { accept: "text/event-stream" });
        const text = await response.text();
        expect(text.match(/^: .*$/gm)).toHaveLength(1);
        expect(text.match(/^event: run\.finished$/gm)).toHaveLength(1);
      },
    );

    test("a watcher who comes back to a silent program has its headers at once", async () => {
      const id = await begin(["sh", "-c", "echo hi; sleep 20"]);
      let last = "";
      for await (const event of eventsOf(await watch(id))) {
        last = event.id;
        if (event.type === "run.output") break;
      }
      const began = performance.now();
      const again = await watch(id, { "last-event-id": last }, AbortSignal.timeout(5000));
      expect(again.headers.get("hsr-run-id")).toBe(id);
      expect(performance.now() - began).toBeLessThan(2000);
      await gateway.call("POST", `/v1/runs/${id}/cancel`);
      expect((await allEvents(again)).map((event) => event.type)).toEqual(["run.finished"]);
    });

    test("an odd Last-Event-ID begins anew", async () => {
      const id = await begin(["echo", "x"]);
      await gateway.call("GET", `/v1/runs/${id}?wait_ms=5000`);
      for (const odd of ["x", "-1.0", "99999999999999999999.1", "1e3.2"]) {
        const events = await allEvents(await watch(id, { "last-event-id": odd }));
        expect(events[0]?.type, odd).toBe("run.queued");
      }
    });

    test("a slow reader holds up neither the run nor others", async () => {
      const response = await post(
        { argv: ["sh", "-c", "seq 1 300000; echo over >&2"], output_limit_bytes: 4_000_000, detach: true },
        { accept: "text/event-stream" },
      );
      const id = response.headers.get("hsr-run-id") ?? "";
      const done = await gateway.call("GET", `/v1/runs/${id}?wait_ms=10000`);
      expect(done.body).toMatchObject({ state: "finished", reason: "exited" });
      expect(outputOf(await allEvents(response), "stdout").toString()).toBe(done.body.stdout);
    });
  });

  describe("leaving and cancelling", () => {
    const ended = async (id: string) => (await gateway.call("GET", `/v1/runs/${id}?wait_ms=3000`)).body;

    test.for(["application/json", "text/event-stream"])(
      "a client of %s that goes away cancels its run soon",
      async (accept) => {
        const leave = new AbortController();
        const label = `leave-${accept.length}`;
        const response = post({ argv: ["sleep", "20"], labels: { test: label } }, { accept }, leave.signal)
          .then((answer) => answer.text())
          .catch(() => "gone");
        const id = await until(
          async () =>
            (await gateway.call<RunList>("GET", `/v1/runs?label=test=${label}&state=running`)).body.items[0]?.id,
        );
        const left = performance.now();
        leave.abort();
        expect(await response).toBe("gone");
        expect(await ended(id)).toMatchObject({ reason: "cancelled" });
        expect(performance.now() - left).toBeLessThan(500);
      },
    );

    test("a detached run goes on when its client goes away", async () => {
      const leave = new AbortController();
      const response = post(
        { argv: ["sh", "-c", "sleep 0.5; echo on"], detach: true, labels: { test: "detached" } },
        {},
        leave.signal,
      ).catch(() => "gone");
      const id = await until(
        async () =>
          (await gateway.call<RunList>("GET", "/v1/runs?label=test=detached&state=running")).body.items[0]?.id,
      );
      leave.abort();
      await response;
      expect(await ended(id)).toMatchObject({ reason: "exited", stdout: "on\n" });
    });

    test("watching and leaving cancels nothing", async () => {
      const id = await begin(["sh", "-c", "sleep 0.4; echo on"]);
      const leave = new AbortController();
      await watch(id, {}, leave.signal);
      leave.abort();
      expect(await ended(id)).toMatchObject({ reason: "exited", stdout: "on\n" });
    });

    test("cancelling answers with the end, twice with the same", async () => {
      const id = await begin(["sleep", "20"]);
      const first = await gateway.call("POST", `/v1/runs/${id}/cancel`);
      expect(first.body).toMatchObject({ state: "finished", reason: "cancelled" });
      expect((await gateway.call("POST", `/v1/runs/${id}/cancel`)).body).toEqual(first.body);
      expect(await gateway.launcher.client.list()).toEqual([]);
    });
  });

  describe("asking twice with an Idempotency-Key", () => {
    test("gives the same run, also at the same time", async () => {
      const headers = { "idempotency-key": "same-1" };
      const answers = await Promise.all(
        Array.from({ length: 5 }, () =>
          gateway.run({ argv: ["sh", "-c", "sleep 0.1; cat /proc/sys/kernel/random/uuid"] }, headers),
        ),
      );
      expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200, 200]);
      expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
      expect(new Set(answers.map((answer) => answer.body.stdout)).size).toBe(1);
      expect(
        (await gateway.run({ argv: ["sh", "-c", "sleep 0.1; cat /proc/sys/kernel/random/uuid"] }, headers)).body,
      ).toEqual(answers[0]?.body);
    });

    test("with another request is a conflict", async () => {
      await gateway.run({ argv: ["true"] }, { "idempotency-key": "other-1" });
      const { status, body } = await gateway.run({ argv: ["false"] }, { "idempotency-key": "other-1" });
      expect(status).toBe(409);
      expect(body.error.code).toBe("idempotency_conflict");
    });
  });

  test("large results that nobody reads cost a bounded amount of memory, and hold up no others", async () => {
    const { body } = await gateway.run({
      argv: ["sh", "-c", "head -c 16000000 /dev/zero | tr '\\0' x; head -c 16000000 /dev/zero | tr '\\0' y >&2"],
      output_limit_bytes: 16_777_216,
      wait_ms: 100,
    });
    while ((await gateway.call("GET", `/v1/runs/${body.id}/logs`)).status === 200)
      if ((await gateway.call<RunList>("GET", "/v1/runs?limit=1")).body.items[0]?.state === "finished") break;
    const resident = () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${gateway.process().pid}/status`, "latin1"))?.[1]) * 1024;
    const before = resident();
    const { port, hostname } = new URL(gateway.url);
    const sockets = Array.from({ length: 40 }, () => {
      const socket = connect(Number(port), hostname).on("error", () => {});
      socket.write(
        `GET /v1/runs/${body.id} HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${gateway.key}\r\n\r\n`,
      );
      return socket.pause();
    });
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(resident() - before).toBeLessThan(800e6);
    expect((await gateway.run({ argv: ["echo", "small"] })).body.stdout).toBe("small\n");
    for (const socket of sockets) socket.destroy();
    expect((await gateway.call("GET", `/v1/runs/${body.id}`)).body.stderr?.length).toBe(16_000_000);
  });

  test("lists have labels, states, pages, and nothing of other tenants", async () => {
    for (let i = 0; i < 5; i += 1) await gateway.run({ argv: ["true"], labels: { page: "one", n: String(i) } });
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const page: RunList = (
        await gateway.call<RunList>("GET", `/v1/runs?label=page=one&limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`)
      ).body;
      seen.push(...page.items.map((item) => item.labels["n"] ?? ""));
      cursor = page.next_cursor;
    }
    expect(seen).toEqual(["4", "3", "2", "1", "0"]);
    // One of two conditions would have to be dropped in silence.
    expect((await gateway.call("GET", "/v1/runs?label=n=1&label=n=2")).status).toBe(400);
    const made = await gateway.call<{ key: string }>("POST", "/v1/keys", {
      name: "other",
      scopes: ["run", "read"],
      tenant: "other",
    });
    const theirs = { authorization: `Bearer ${made.body.key}` };
    expect((await gateway.call<RunList>("GET", "/v1/runs", undefined, theirs)).body.items).toEqual([]);
    const mine = (await gateway.run({ argv: ["true"] })).body.id;
    for (const path of [`/v1/runs/${mine}`, `/v1/runs/${mine}/events`, `/v1/runs/${mine}/logs`])
      expect((await gateway.call("GET", path, undefined, theirs)).status).toBe(404);
    expect((await gateway.call("POST", `/v1/runs/${mine}/cancel`, undefined, theirs)).status).toBe(404);
  });
});

/** Asks until there is an answer. */
async function until<Value>(ask: () => Promise<Value | undefined>): Promise<Value> {
  for (let tries = 0; tries < 200; tries += 1) {
    const value = await ask();
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("it did not come");
}
