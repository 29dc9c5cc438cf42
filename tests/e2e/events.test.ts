/** What happens, told to those who follow: streams, webhooks, the heartbeat, and figures of a sandbox. */
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type {
  BusEvent,
  CreatedWebhook,
  ErrorBody,
  Execution,
  Sandbox,
  SandboxMetricsBody,
  Webhook,
} from "@hsr/contract";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";

interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A server that keeps what is posted to it, and answers what it is told. */
async function receiver() {
  const received: Received[] = [];
  const answers: number[] = [];
  const server: Server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.once("end", () => {
      received.push({ path: request.url ?? "", headers: request.headers, body });
      response.writeHead(answers.shift() ?? 204, { location: "http://127.0.0.1:1/elsewhere" }).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    received,
    answers,
    host: `127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

describeWith(["bubblewrap"], "events", () => {
  let gateway: RunningGateway;
  let posts: Awaited<ReturnType<typeof receiver>>;
  const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
  beforeAll(async () => {
    posts = await receiver();
    gateway = await startGateway({
      env: {
        HSR_WEBHOOKS_ALLOWED_HOSTS: posts.host,
        HSR_HEARTBEAT_URL: `http://${posts.host}/beat`,
        HSR_HEARTBEAT_INTERVAL_MS: "200",
        HSR_HEARTBEAT_SECRET: secret,
      },
    });
  });
  afterAll(async () => {
    await gateway.stop();
    posts.close();
  });

  const create = async () => (await gateway.call<Sandbox>("POST", "/v1/sandboxes", { name: "told" })).body;
  const exec = (sandbox: Sandbox, argv: string[]) =>
    gateway.call<Execution>("POST", `/v1/sandboxes/${sandbox.id}/exec`, { argv });
  const remove = (sandbox: Sandbox) => gateway.call("DELETE", `/v1/sandboxes/${sandbox.id}`);

  /** Reads events until `enough` says so. */
  async function follow(path: string, enough: (events: BusEvent[]) => boolean, lastId?: string): Promise<BusEvent[]> {
    const stop = new AbortController();
    const response = await fetch(gateway.url + path, {
      headers: {
        authorization: `Bearer ${gateway.key}`,
        accept: "text/event-stream",
        ...(lastId === undefined ? {} : { "last-event-id": lastId }),
      },
      signal: AbortSignal.any([stop.signal, AbortSignal.timeout(15_000)]),
    });
    expect(response.status).toBe(200);
    const events: BusEvent[] = [];
    let rest = "";
    for await (const text of (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream())) {
      rest += text;
      const parts = rest.split("\n\n");
      rest = parts.pop() ?? "";
      for (const part of parts) {
        const data = /^data: (.*)$/m.exec(part)?.[1];
        if (data !== undefined) events.push(JSON.parse(data) as BusEvent);
      }
      if (enough(events)) break;
    }
    stop.abort();
    return events;
  }

  it("tell a sandbox's life in order, and a reader comes back to where it was", async () => {
    const followed = follow("/v1/events", (events) => events.some(({ type }) => type === "sandbox.ended"));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const sandbox = await create();
    await exec(sandbox, ["true"]);
    await gateway.call("POST", `/v1/sandboxes/${sandbox.id}/renew`, { ttl_ms: 50_000 });
    await remove(sandbox);
    const events = (await followed).filter(({ data }) => data["sandbox_id"] === sandbox.id);
    const types = ["sandbox.starting", "sandbox.started", "execution.finished", "sandbox.renewed", "sandbox.ended"];
    expect(events.map(({ type }) => type)).toEqual(types);
    expect(events.at(-1)?.data).toMatchObject({ reason: "deleted", name: "told" });
    const again = await follow(
      `/v1/events?subject=${sandbox.id}`,
      (some) => some.some(({ type }) => type === "sandbox.ended"),
      events[1]?.id,
    );
    expect(again.map(({ type }) => type)).toEqual(types.slice(2));
    await gateway.restart();
    const later = await follow(
      `/v1/events?subject=${sandbox.id}&type=sandbox.ended`,
      (some) => some.length > 0,
      events[1]?.id,
    );
    expect(later.map(({ id }) => id)).toEqual([events.at(-1)?.id]);
  });

  it("do not show one tenant's to another", async () => {
    const made = await gateway.call<{ key: string }>("POST", "/v1/keys", {
      name: "other",
      scopes: ["read", "sandboxes"],
      tenant: "other",
    });
    const stop = new AbortController();
    const response = await fetch(`${gateway.url}/v1/events?from=oldest`, {
      headers: { authorization: `Bearer ${made.body.key}` },
      signal: stop.signal,
    });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const sandbox = await create();
    await remove(sandbox);
    const first = await Promise.race([
      reader.read(),
      new Promise((resolve) => setTimeout(() => resolve("silent"), 500)),
    ]);
    expect(first).toBe("silent");
    stop.abort();
  });

  it("are posted to webhooks, signed, in order, and again when they were not taken", async () => {
    const refused = await gateway.call<ErrorBody>("POST", "/v1/webhooks", { url: "http://169.254.169.254/latest" });
    expect(refused.body.error).toMatchObject({ code: "unsupported", field: "url" });
    const made = await gateway.call<CreatedWebhook>("POST", "/v1/webhooks", {
      url: `http://${posts.host}/hook`,
      types: ["sandbox.started", "sandbox.ended"],
    });
    expect(made.status).toBe(201);
    const sandbox = await create();
    await remove(sandbox);
    const mine = () => posts.received.filter(({ path, body }) => path === "/hook" && body.includes(sandbox.id));
    await expect.poll(() => mine().length, { timeout: 30_000 }).toBeGreaterThanOrEqual(2);
    const [first, second] = mine();
    expect((JSON.parse(first?.body ?? "") as BusEvent).type).toBe("sandbox.started");
    expect((JSON.parse(second?.body ?? "") as BusEvent).type).toBe("sandbox.ended");
    const { "webhook-id": id, "webhook-timestamp": time, "webhook-signature": signature } = first?.headers ?? {};
    const key = Buffer.from(made.body.secret.slice("whsec_".length), "base64");
    const expected = createHmac("sha256", key)
      .update(`${String(id)}.${String(time)}.${first?.body}`)
      .digest("base64");
    expect(signature).toBe(`v1,${expected}`);
    const listed = await gateway.call<{ items: Webhook[] }>("GET", "/v1/webhooks");
    expect(listed.body.items[0]).toMatchObject({ failing: false, given_up: 0, last_status: 204 });
    expect(JSON.stringify(listed.body)).not.toContain(made.body.secret);
    const removed = await gateway.call("DELETE", `/v1/webhooks/${made.body.id}`);
    expect(removed.status).toBe(204);
  });

  it("wait for a receiver that fails, also over a restart, and lose nothing", async () => {
    const flaky = await receiver();
    // The first try fails, the second is sent elsewhere: neither counts as taken, and nobody is followed elsewhere.
    flaky.answers.push(500, 302);
    const env = { HSR_WEBHOOKS_ALLOWED_HOSTS: flaky.host };
    await gateway.restart(env);
    await gateway.call("POST", "/v1/webhooks", { url: `http://${flaky.host}/`, types: ["sandbox.ended"] });
    const sandbox = await create();
    await remove(sandbox);
    await expect.poll(() => flaky.received.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(1);
    await gateway.restart(env);
    await expect.poll(() => flaky.received.length, { timeout: 15_000 }).toBe(3);
    const ids = flaky.received.map(({ headers }) => headers["webhook-id"]);
    expect(new Set(ids).size).toBe(1);
    flaky.close();
  });

  it("say again and again that the gateway lives, and with which sandboxes", async () => {
    await gateway.restart();
    const sandbox = await create();
    const beats = () => posts.received.filter(({ path, body }) => path === "/beat" && body.includes(sandbox.id));
    await expect.poll(() => beats().length, { timeout: 10_000 }).toBeGreaterThanOrEqual(2);
    const beat = JSON.parse(beats()[0]?.body ?? "") as { sandboxes: { items: { id: string; state: string }[] } };
    expect(beat.sandboxes.items).toMatchObject([{ id: sandbox.id, state: "running", executions: 0 }]);
    expect(beats()[0]?.headers["webhook-signature"]).toMatch(/^v1,/);
    const shown = await gateway.call<{ items: { key: string; value: string }[] }>("GET", "/v1/config");
    expect(JSON.stringify(shown.body)).not.toContain(secret);
    await remove(sandbox);
  });

  it("show what a sandbox uses, once and as a stream that ends with it", async () => {
    const sandbox = await create();
    await exec(sandbox, [
      "sh",
      "-c",
      "head -c 5000000 /dev/zero > /workspace/big; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done",
    ]);
    const figures = await gateway.call<SandboxMetricsBody>("GET", `/v1/sandboxes/${sandbox.id}/metrics`);
    expect(figures.body.pids).toBeGreaterThanOrEqual(1);
    expect(figures.body.cpu_ms).toBeGreaterThan(0);
    expect(figures.body.memory_bytes).toBeGreaterThan(5_000_000);
    const streamed = follow(`/v1/sandboxes/${sandbox.id}/metrics?interval_ms=100`, () => false);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await remove(sandbox);
    expect((await streamed).length).toBeGreaterThanOrEqual(2);
  });
});
