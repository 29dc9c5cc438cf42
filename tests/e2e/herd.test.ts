/** A thousand requests at the moment of a cold start: bounded, answered, and nothing left behind. */
import { afterEach, expect, test } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { descriptorsOf, nothingUnsettled, residentMiB, settled } from "../support/gateway-state.ts";
import { describeWith } from "../support/host.ts";

const herd = 1000;

describeWith(["bubblewrap"], "a thousand requests at once at a cold start", () => {
  let gateway: RunningGateway | undefined;
  afterEach(async () => {
    await gateway?.stop();
    gateway = undefined;
  });

  async function stampede(here: RunningGateway, keys: readonly string[]) {
    let mostSandboxes = 0;
    let over = false;
    const look = (async () => {
      while (!over) {
        mostSandboxes = Math.max(mostSandboxes, (await here.launcher.client.list()).length);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    const answers = await Promise.all(
      Array.from({ length: herd }, (_, i) =>
        here.run({ argv: ["/bin/echo", String(i)] }, { authorization: `Bearer ${keys[i % keys.length]}` }),
      ),
    );
    over = true;
    await look;
    return { answers, mostSandboxes };
  }

  test("gives results, or 429 and 503 with Retry-After, and nothing else", async () => {
    gateway = await startGateway({
      env: {
        HSR_RUNS_CONCURRENCY: "16",
        HSR_RUNS_STARTING_CONCURRENCY: "8",
        HSR_RUNS_QUEUE_LENGTH: "200",
        HSR_TENANT_CONCURRENCY: "16",
        HSR_TENANT_QUEUE_LENGTH: "150",
        HSR_SERVER_KEEP_ALIVE_TIMEOUT_MS: "1000",
      },
    });
    const before = { descriptors: descriptorsOf(gateway), residentMiB: residentMiB(gateway) };
    const made = await gateway.call<{ key: string }>("POST", "/v1/keys", { name: "b", scopes: ["run"], tenant: "b" });
    const { answers, mostSandboxes } = await stampede(gateway, [gateway.key, made.body.key]);
    const counts = new Map<number, number>();
    const ids = new Set<string>();
    answers.forEach(({ status, headers, body }, i) => {
      counts.set(status, (counts.get(status) ?? 0) + 1);
      if (status === 200) {
        expect(body).toMatchObject({ reason: "exited", exit_code: 0, stdout: `${i}\n` });
        ids.add(body.id);
        return;
      }
      expect([429, 503]).toContain(status);
      expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
      expect(body.error.code).toBe(status === 429 ? "quota_exceeded" : "queue_full");
      expect(body.error.retryable).toBe(true);
    });
    expect(counts.get(200)).toBeGreaterThanOrEqual(16 + 200);
    expect(counts.get(503)).toBeGreaterThan(0);
    expect(ids.size).toBe(counts.get(200));
    expect(mostSandboxes).toBeLessThanOrEqual(16);
    expect(await settled(gateway)).toEqual(nothingUnsettled);
    expect((await gateway.run({ argv: ["/bin/true"] })).status).toBe(200);
    // Idle connections are let go of first.
    const until = performance.now() + 8000;
    while (descriptorsOf(gateway) > before.descriptors + 8 && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect(descriptorsOf(gateway)).toBeLessThanOrEqual(before.descriptors + 8);
    expect(residentMiB(gateway)).toBeLessThan(before.residentMiB + 200);
  });

  test("control: with room for all of them every one has its result, so the bounds are what refused", async () => {
    gateway = await startGateway({
      env: { HSR_RUNS_CONCURRENCY: "32", HSR_RUNS_QUEUE_LENGTH: "1000", HSR_TENANT_QUEUE_LENGTH: "1000" },
    });
    const { answers, mostSandboxes } = await stampede(gateway, [gateway.key]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(herd);
    expect(mostSandboxes).toBeGreaterThan(1);
    expect(await settled(gateway)).toEqual(nothingUnsettled);
  });
});
