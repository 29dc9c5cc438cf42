/** `docs/metrics.md`, from the table of metrics and from what the process adds to it. */
import { type MetricRow, metricTable } from "@hsr/core";
import { createMetrics } from "@hsr/gateway/documents";
import { table } from "./table.ts";

const intro = `# Metrics

<!-- Printed from packages/core/src/observe.ts by scripts/generate.ts. Do not edit. -->

\`GET /metrics\` answers in Prometheus's text format. It wants a key with the scope \`read\` unless \`metrics.access\` is \`open\`. Give the key to
Prometheus as a bearer token from a file. No label carries a tenant, a run, a key or a path: values come from short lists, and beyond a
hundred values of one label the rest is counted under \`other\`.

Look at first: \`hsr_runs_total\` by reason, \`hsr_queue_length\`, \`hsr_run_phase_seconds\`, \`hsr_store_quarantined\`, \`hsr_unsafe_settings\`.

## The gateway's own
`;

/** The whole page. */
export async function metricsPage(): Promise<string> {
  const own = Object.entries<MetricRow>(metricTable).map(([name, { kind, help, labels }]) => [
    `\`${name}\``,
    kind,
    labels.map((label) => `\`${label}\``).join(", "),
    help,
  ]);
  const all = await createMetrics({ version: "0" }).describe();
  const others = all
    .filter(({ name }) => !Object.hasOwn(metricTable, name))
    .map(({ name, type, help }) => [`\`${name}\``, type, help]);
  return [
    intro,
    `${table(["Name", "Kind", "Labels", "What it says"], own)}\n`,
    "## The process's\n",
    `${table(["Name", "Kind", "What it says"], others)}\n`,
  ].join("\n");
}
