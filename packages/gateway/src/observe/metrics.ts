/** The metrics port over prom-client. Its default metrics bring memory, descriptors and the event loop's lag. */
import { type MetricName, type MetricRow, type Metrics, metricTable } from "@hsr/core";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/**
 * Distinct values that one label may take. Every label's values come from closed lists; if a mistake ever feeds a
 * label from outside, memory stays bounded and the rest is counted under `other`.
 */
const valuesPerLabel = 100;

/** The port, and the text that `/metrics` answers. */
export interface PrometheusMetrics extends Metrics {
  readonly contentType: string;
  /** `beforeScrape` functions have run when this resolves. */
  scrape(): Promise<string>;
  /** Registers something that sets gauges just before each scrape. */
  beforeScrape(collect: () => void | Promise<void>): void;
  /** Every metric there is, the process's own too, for the documents. */
  describe(): Promise<readonly { readonly name: string; readonly type: string; readonly help: string }[]>;
}

/** Metrics of one gateway, in a registry of their own. */
export function createMetrics(build: { readonly version: string }): PrometheusMetrics {
  const registry = new Registry();
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  const seen = new Map<string, Set<string>>();
  for (const [name, row] of Object.entries<MetricRow>(metricTable)) {
    const common = { name, help: row.help, labelNames: row.labels, registers: [registry] };
    if (row.kind === "counter") counters.set(name, new Counter(common));
    else if (row.kind === "gauge") gauges.set(name, new Gauge(common));
    else histograms.set(name, new Histogram({ ...common, buckets: [...(row.buckets ?? [])] }));
    for (const label of row.labels) seen.set(`${name} ${label}`, new Set());
  }
  collectDefaultMetrics({ register: registry, prefix: "hsr_" });

  const bounded = (name: MetricName, labels: Readonly<Record<string, string>>): Record<string, string> => {
    const safe: Record<string, string> = {};
    for (const label of metricTable[name].labels) {
      const value = labels[label] ?? "";
      const values = seen.get(`${name} ${label}`);
      const known = values === undefined || values.has(value) || (values.size < valuesPerLabel && values.add(value));
      safe[label] = known ? value : "other";
    }
    return safe;
  };

  const collectors: (() => void | Promise<void>)[] = [];
  const metrics: PrometheusMetrics = {
    contentType: registry.contentType,
    count: (name, labels, by = 1) => counters.get(name)?.inc(bounded(name, labels), by),
    set: (name, labels, value) => gauges.get(name)?.set(bounded(name, labels), value),
    observe: (name, labels, value) => histograms.get(name)?.observe(bounded(name, labels), value),
    beforeScrape: (collect) => {
      collectors.push(collect);
    },
    scrape: async () => {
      for (const collect of collectors) await collect();
      return registry.metrics();
    },
    describe: async () =>
      (await registry.getMetricsAsJSON()).map(({ name, type, help }) => ({ name, type: String(type), help })),
  };
  metrics.set("hsr_build_info", { version: build.version, node: process.versions.node }, 1);
  return metrics;
}
