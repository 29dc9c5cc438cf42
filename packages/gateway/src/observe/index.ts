export { createLog, type LogOptions } from "./log.ts";
export { createMetrics, type PrometheusMetrics } from "./metrics.ts";
