import { metricTable } from "@hsr/core";
import { expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";

test("a label that is fed from outside cannot grow without bound", async () => {
  const metrics = createMetrics({ version: "1.2.3" });
  for (let i = 0; i < 5000; i += 1) metrics.count("hsr_runs_rejected_total", { code: `code-${i}` });
  const text = await metrics.scrape();
  const series = text.split("\n").filter((line) => line.startsWith("hsr_runs_rejected_total{"));
  expect(series.length).toBeLessThanOrEqual(101);
  expect(text).toContain('hsr_runs_rejected_total{code="other"} 4900');
});

test("every metric of the table is scraped, with the process's own beside them", async () => {
  const metrics = createMetrics({ version: "1.2.3" });
  metrics.beforeScrape(() => metrics.set("hsr_queue_length", {}, 7));
  const text = await metrics.scrape();
  for (const [name, row] of Object.entries(metricTable)) expect(text).toContain(`# HELP ${name} ${row.help}`);
  expect(text).toContain("hsr_queue_length 7");
  expect(text).toMatch(/hsr_build_info\{version="1\.2\.3",node="24\./);
  expect(text).toContain("hsr_nodejs_eventloop_lag_p99_seconds");
  expect(text).toContain("hsr_process_open_fds");
});

test("no metric has a label that could name a tenant, a run, a key or a request", () => {
  const labels = new Set(Object.values(metricTable).flatMap((row) => [...row.labels]));
  for (const forbidden of ["tenant", "run", "id", "key", "request", "path", "url", "subject"])
    expect(labels.has(forbidden as never)).toBe(false);
});
