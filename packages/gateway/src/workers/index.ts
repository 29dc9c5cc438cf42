/** The analyzer as programs beside the gateway use it: benches and tests. */
export { createLog, createMetrics } from "../observe/index.ts";
export { startAnalyzer } from "./analyzer.ts";
export { loadParser } from "./parser.ts";
