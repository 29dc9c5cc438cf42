/**
 * Requests made from the gateway's own OpenAPI document, half of them valid and half of them broken, and bytes that are
 * hardly HTTP: no 500, no hang, nothing left behind.
 */
import { expect, test } from "vitest";
import { type CampaignReport, runCampaign } from "../support/fuzz/campaign.ts";
import { startGateway } from "../support/gateway.ts";
import { descriptorsOf, nothingUnsettled, residentMiB, settled } from "../support/gateway-state.ts";
import { describeWith } from "../support/host.ts";

const requests = Number(process.env["HSR_FUZZ_REQUESTS"] ?? 2000);
const seed = Number(process.env["HSR_FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
/** Slow clients are cut off well within the time after which an answer counts as hanging. */
const impatient = {
  HSR_SERVER_HEADERS_TIMEOUT_MS: "1000",
  HSR_SERVER_REQUEST_TIMEOUT_MS: "2000",
  HSR_SERVER_KEEP_ALIVE_TIMEOUT_MS: "1000",
  HSR_TENANT_REQUESTS_PER_MINUTE: "10000000",
  // A program that sleeps is no hang of the gateway.
  HSR_LIMITS_TIMEOUT_MS: "2000",
  HSR_LIMITS_MAX_TIMEOUT_MS: "2000",
  // Each takes one of the launcher's ranges of ids for as long as it lives.
  HSR_SANDBOXES_CONCURRENCY: "16",
  HSR_SANDBOXES_TENANT_CONCURRENCY: "16",
  HSR_SANDBOXES_MAX_TTL_MS: "60000",
  HSR_SANDBOXES_TTL_MS: "60000",
};

function say(report: CampaignReport): string {
  const statuses = [...report.statuses]
    .toSorted(([a], [b]) => a - b)
    .map(([status, count]) => `${status || "none"}: ${count}`);
  const lines = report.findings.map((one) => `#${one.index} ${one.kind}: ${one.wrong.join("; ")}\n    ${one.request}`);
  return [
    `seed ${seed}, ${report.sent} requests, slowest ${Math.round(report.slowestMs)} ms; ${statuses.join(", ")}`,
    ...lines,
  ].join("\n");
}

describeWith(["bubblewrap"], "bad input", () => {
  test(
    "no request gets a 500 or hangs, and nothing is left behind",
    async () => {
      const gateway = await startGateway({ env: impatient });
      try {
        const pid = gateway.process().pid;
        // The first requests fill caches and compile; what comes after must not grow.
        await runCampaign({ url: gateway.url, key: gateway.key, seed: seed + 1, requests: 200, raw: false });
        await settled(gateway);
        const before = { descriptors: descriptorsOf(gateway), residentMiB: residentMiB(gateway) };
        const report = await runCampaign({ url: gateway.url, key: gateway.key, seed, requests, raw: true });
        console.log(say(report));
        expect(report.findings, say(report)).toEqual([]);
        expect(report.sent).toBeGreaterThanOrEqual(requests);
        expect(await settled(gateway)).toEqual(nothingUnsettled);
        const after = { descriptors: descriptorsOf(gateway), residentMiB: residentMiB(gateway) };
        console.log("before", before, "after", after);
        expect(after.descriptors).toBeLessThanOrEqual(before.descriptors + 8);
        expect(after.residentMiB).toBeLessThan(before.residentMiB + 200);
        expect(gateway.process().pid).toBe(pid);
        expect(gateway.process().exitCode).toBeNull();
      } finally {
        await gateway.stop();
      }
    },
    120_000 + requests * 30,
  );

  for (const [planted, found] of [
    ["error", /status 500/],
    ["hang", /no end of the answer/],
  ] as const)
    test(`control: a planted bug (${planted}) is found`, async () => {
      const preload = new URL("./planted-bugs.ts", import.meta.url).href;
      const gateway = await startGateway({
        env: { ...impatient, HSR_TEST_PLANTED: planted },
        nodeArgs: ["--import", preload],
      });
      try {
        const report = await runCampaign({ url: gateway.url, key: gateway.key, seed: 7, requests: 150, raw: false });
        expect(report.findings.flatMap((one) => one.wrong).join("\n")).toMatch(found);
      } finally {
        await gateway.stop();
      }
    });

  test("control: planted leaking descriptors are counted", async () => {
    const gateway = await startGateway({
      env: { ...impatient, HSR_TEST_PLANTED: "descriptors" },
      nodeArgs: ["--import", new URL("./planted-bugs.ts", import.meta.url).href],
    });
    try {
      const before = descriptorsOf(gateway);
      await runCampaign({ url: gateway.url, key: gateway.key, seed: 7, requests: 400, raw: false });
      await settled(gateway);
      expect(descriptorsOf(gateway)).toBeGreaterThan(before + 8);
    } finally {
      await gateway.stop();
    }
  });
});
