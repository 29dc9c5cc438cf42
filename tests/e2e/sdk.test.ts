/** `@hsr/sdk` in Node, against a real gateway. */
import { Hsr, HsrApiError, HsrConnectionError } from "@hsr/sdk";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";

/** What a call was refused with. */
async function refusal(call: PromiseLike<unknown>): Promise<HsrApiError> {
  const thrown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof HsrApiError)) throw new Error("it was not refused", { cause: thrown });
  return thrown;
}

describeWith(["bubblewrap"], "the TypeScript client", () => {
  let gateway: RunningGateway;
  let hsr: Hsr;
  beforeAll(async () => {
    gateway = await startGateway();
    hsr = new Hsr({ url: gateway.url, key: gateway.key });
  });
  afterAll(() => gateway.stop());

  it("an error has the gateway's code, class, field, hint and request", async () => {
    const error = await refusal(hsr.run({ language: "python", code: "1", timeout: 0 }));
    expect(error).toMatchObject({ code: "invalid_request", class: "invalid_request", status: 400, retryable: false });
    expect(error.field).toContain("timeout");
    expect(error.hint).not.toBe("");
    expect(error.requestId).toMatch(/^req-/);
    const wrongKey = new Hsr({ url: gateway.url, key: "hsr_wrong" });
    expect((await refusal(wrongKey.runs.get("run-aaaaaaaaaaaaaaaaaaaaaaaaaa"))).code).toBe("unauthorized");
  });

  it("a program that was never started is an error, awaited or streamed; one that fails is a result", async () => {
    const request = { argv: ["/no/such/program"] };
    const awaited = await refusal(hsr.run(request));
    expect(awaited.code).toBe("program_not_found");
    const streamed = hsr.run(request);
    const reading = (async () => {
      for await (const chunk of streamed.output) throw new Error(chunk.text);
    })();
    expect((await refusal(reading)).code).toBe("program_not_found");
    expect((await refusal(streamed)).code).toBe("program_not_found");
    expect(await hsr.run({ argv: ["false"] })).toMatchObject({ reason: "exited", exitCode: 1 });
  });

  it("a gateway that is not there, and what is none, are errors of the connection", async () => {
    const nobody = new Hsr({ url: "http://127.0.0.1:9", key: "hsr_x", retries: 0 });
    await expect(nobody.run({ argv: ["true"] })).rejects.toBeInstanceOf(HsrConnectionError);
    const other = new Hsr({
      url: gateway.url,
      key: gateway.key,
      fetch: async () => new Response("<html>", { status: 502 }),
      retries: 0,
    });
    await expect(other.runs.get("run-x")).rejects.toMatchObject({ status: 502 });
  });

  it("a run is awaited, with its keys in camelCase and the caller's own as they were", async () => {
    const run = await hsr.run({
      language: "python",
      code: "import os, sys\nprint(os.environ['MY_name'])\nprint('oops', file=sys.stderr)",
      environment: { MY_name: "a_b" },
      labels: { team_name: "blue" },
      outputLimitBytes: 1024,
    });
    expect(run).toMatchObject({ state: "finished", reason: "exited", exitCode: 0, stdout: "a_b\n", stderr: "oops\n" });
    expect(run.labels).toEqual({ team_name: "blue" });
    expect(run.usage?.wallMs).toBeGreaterThan(0);
    expect(await hsr.runs.get(run.id)).toMatchObject({ id: run.id, stdout: "a_b\n" });
    expect(new TextDecoder().decode(await hsr.runs.output(run.id, "stderr"))).toBe("oops\n");
    const found: string[] = [];
    for await (const one of hsr.runs.list({ label: "team_name=blue" })) found.push(one.id);
    expect(found).toEqual([run.id]);
  });

  it("a run's output comes while it runs, as text and as bytes, and then its result", async () => {
    const run = hsr.run({ argv: ["sh", "-c", "echo ö; read x; printf '\\377'; echo end >&2"], stdin: "go\n" });
    const chunks: { stream: string; bytes: number[] }[] = [];
    for await (const { stream, bytes } of run.output) chunks.push({ stream, bytes: [...bytes] });
    const of = (name: string) => chunks.filter((one) => one.stream === name).flatMap((one) => one.bytes);
    expect(of("stdout")).toEqual([0xc3, 0xb6, 0x0a, 0xff]);
    expect(Buffer.from(of("stderr")).toString()).toBe("end\n");
    expect(await run).toMatchObject({ reason: "exited", stdout: null, stdoutBase64: "w7YK/w==" });
  });

  it("a signal ends a run, and its reason is what is thrown", async () => {
    const stop = new AbortController();
    const run = hsr.run({ argv: ["sleep", "60"] }, { signal: stop.signal });
    const reason = new Error("changed my mind");
    let id = "";
    const watching = (async () => {
      for await (const event of run.events) {
        id = event.subject;
        if (event.type === "run.started") stop.abort(reason);
      }
    })();
    await expect(watching).rejects.toBe(reason);
    await expect(run).rejects.toBe(reason);
    expect(await hsr.runs.wait(id)).toMatchObject({ reason: "cancelled" });
  });

  it("who stops reading the output ends the run", async () => {
    const run = hsr.run({ argv: ["sh", "-c", "echo first; exec sleep 60"] });
    for await (const chunk of run.output) {
      expect(chunk.text).toBe("first\n");
      break;
    }
    expect(await run).toMatchObject({ reason: "cancelled", stdout: "first\n" });
  });

  it("the same key gives the same run, so a request that was lost may be repeated", async () => {
    const options = { idempotencyKey: crypto.randomUUID() };
    const request = { argv: ["date", "+%N"] };
    const first = await hsr.run(request, options);
    let lost = 1;
    const unlucky = new Hsr({
      url: gateway.url,
      key: gateway.key,
      fetch: async (...args) => {
        const answer = await fetch(...args);
        if (lost-- > 0) throw new TypeError("the answer was lost");
        return answer;
      },
    });
    expect((await unlucky.run(request, options)).id).toBe(first.id);
    expect(lost).toBe(-1);
  });

  it("a sandbox is made, used, renewed, found, and gone at the end of its block", async () => {
    let id: string;
    {
      await using sandbox = await hsr.sandboxes.create({ name: "sdk", labels: { a_b: "c" }, ttlMs: 60_000 });
      id = sandbox.id;
      expect(sandbox.info).toMatchObject({ state: "running", labels: { a_b: "c" } });
      expect(await sandbox.exec({ argv: ["echo", "hi"] })).toMatchObject({ exitCode: 0, stdout: "hi\n" });
      expect((await sandbox.renew(120_000)).ttlMs).toBe(120_000);
      expect(await sandbox.status()).toMatchObject({ state: "running", executions: 0 });
      expect((await sandbox.metrics()).pidsLimit).toBeGreaterThan(0);
      for await (const one of hsr.sandboxes.list({ name: "sdk" })) expect(one.id).toBe(id);
    }
    expect((await hsr.sandboxes.get(id)).info).toMatchObject({ state: "ended", reason: "deleted" });
  });

  it("a program in a sandbox is never started twice, whatever becomes of the answer", async () => {
    await using sandbox = await hsr.sandboxes.create();
    const unlucky = new Hsr({
      url: gateway.url,
      key: gateway.key,
      fetch: async (input, init) => {
        const answer = await fetch(input, init);
        if (init?.method === "POST") throw new TypeError("the answer was lost");
        return answer;
      },
    });
    const unluckily = await unlucky.sandboxes.get(sandbox.id);
    const append = { argv: ["sh", "-c", "echo x >> count"] };
    await expect(unluckily.exec(append)).rejects.toBeInstanceOf(HsrConnectionError);
    const streamed = unluckily.exec(append);
    await expect(streamed.output[Symbol.asyncIterator]().next()).rejects.toBeInstanceOf(HsrConnectionError);
    // The second one's answer was lost as soon as it began: the program may still be starting.
    const counted = async () => (await sandbox.exec({ argv: ["cat", "count"] })).stdout;
    await expect.poll(counted, { timeout: 5000 }).toBe("x\nx\n");
    expect(await counted()).toBe("x\nx\n");
  });

  it("a program in the background is read, written to, signalled and waited for", async () => {
    await using sandbox = await hsr.sandboxes.create({ allow: ["opaque"] });
    const cat = await sandbox.start({ argv: ["cat"], openStdin: true });
    await cat.write("one\n");
    await cat.write(new Uint8Array([0xff, 0x0a]), { end: true });
    const bytes: number[] = [];
    for await (const chunk of cat.output()) bytes.push(...chunk.bytes);
    expect(Buffer.from(bytes).toString("latin1")).toBe("one\n\xff\n");
    expect(await cat.wait()).toMatchObject({ reason: "exited", exitCode: 0 });
    const { bytes: rest, offset, nextOffset, isFinished } = await cat.read({ offset: 4 });
    expect({ rest: [...rest], offset, nextOffset, isFinished }).toEqual({
      rest: [0xff, 0x0a],
      offset: 4,
      nextOffset: 6,
      isFinished: true,
    });
    const sleep = await sandbox.start({ argv: ["sleep", "60"] });
    await sleep.signal("SIGTERM");
    expect(await sleep.wait()).toMatchObject({ reason: "signaled", signal: "SIGTERM" });
    const other = await sandbox.start({ argv: ["sleep", "60"] });
    expect(await (await sandbox.execution(other.id)).cancel()).toMatchObject({ reason: "cancelled" });
    const states: string[] = [];
    for await (const { info } of sandbox.executions()) states.push(info.state);
    expect(states).toEqual(["finished", "finished", "finished"]);
  });

  it("every other operation is called by its name", async () => {
    const { items } = await hsr.call("listRuntimes", {});
    expect(items.map((one) => one.name)).toContain("bubblewrap");
    expect((await hsr.call("health", {})).status).toBe("ok");
  });

  it("streams go on at the next gateway when theirs dies", async () => {
    const before = gateway.url;
    const moved = new Hsr({
      url: before,
      key: gateway.key,
      fetch: (url, init) => fetch(String(url).replace(before, gateway.url), init),
    });
    await using sandbox = await moved.sandboxes.create();
    const count = "i=0; while [ $i -lt 40 ]; do echo $i; i=$((i+1)); sleep 0.05; done";
    const program = await sandbox.start({ argv: ["sh", "-c", count] });
    let text = "";
    for await (const chunk of program.output()) {
      text += chunk.text;
      if (text === "0\n1\n2\n3\n") await gateway.restart();
    }
    expect(text).toBe(Array.from({ length: 40 }, (_, i) => `${i}\n`).join(""));
  });
});
