/** Says at start what is unusual about the configuration, in the log and in the metrics. */
import type { Log, Metrics } from "@hsr/core";
import type { LoadedConfig } from "./load.ts";

/** Settings that take a wall away are shouted of at every start, and stay visible in `hsr_unsafe_settings`. */
export function announceConfig(loaded: LoadedConfig, log: Log, metrics: Metrics): void {
  for (const { from, message } of loaded.warnings) log.warn({ variable: from }, `${from} ${message}`);
  for (const row of loaded.rows.filter((one) => one.dangerous)) {
    metrics.set("hsr_unsafe_settings", { setting: row.key }, 1);
    log.warn({ setting: row.key, value: row.value, from: row.from }, "UNSAFE: a setting takes a wall away");
  }
}
