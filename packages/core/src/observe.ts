/**
 * What the gateway says about itself: a port for logs and one for metrics, and the table of every metric.
 * `docs/metrics.md` is printed from the table and a test compares them both ways.
 */

/**
 * A structured log. Fields first, then a sentence that is the same every time. Never a field with code, environment
 * values, stdin, output or keys: the writer redacts names that it knows, but what is not handed over cannot leak.
 */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** One metric. Labels never carry ids of tenants, runs or requests: their values are few and known. */
export interface MetricRow {
  readonly kind: "counter" | "gauge" | "histogram";
  /** A sentence for operators. */
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
}

/** From half a millisecond, what a store write takes, to an hour, the longest run. */
const durationBuckets = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600,
];

export const metricTable = {
  hsr_runs_total: {
    kind: "counter",
    help: "Runs that finished, by the reason of their end.",
    labels: ["reason", "runtime", "level"],
  },
  hsr_executions_total: {
    kind: "counter",
    help: "Executions in living sandboxes that finished, by the reason of their end.",
    labels: ["reason", "runtime"],
  },
  hsr_sandboxes_ended_total: {
    kind: "counter",
    help: "Living sandboxes that ended, by the reason of their end.",
    labels: ["reason", "runtime"],
  },
  hsr_webhook_deliveries_total: {
    kind: "counter",
    help: "Tries to post an event to a webhook, by what came of them: delivered, failed, given_up.",
    labels: ["outcome"],
  },
  hsr_port_requests_total: {
    kind: "counter",
    help: "Requests to ports of sandboxes, by what came of them: answered, upgraded, refused.",
    labels: ["outcome"],
  },
  hsr_heartbeats_total: {
    kind: "counter",
    help: "Heartbeats that were posted, by what came of them: delivered, failed.",
    labels: ["outcome"],
  },
  hsr_living_sandboxes: { kind: "gauge", help: "Sandboxes that callers made and that have not ended.", labels: [] },
  hsr_runs_rejected_total: {
    kind: "counter",
    help: "Requests for a run that were refused before a run was stored, by the error's code.",
    labels: ["code"],
  },
  hsr_run_phase_seconds: {
    kind: "histogram",
    help: "How long runs spend in each phase: queue, launch, run, teardown.",
    labels: ["phase", "runtime"],
    buckets: durationBuckets,
  },
  hsr_analyze_seconds: {
    kind: "histogram",
    help: "How long analyses took that were not known already, the wait for a reader included.",
    labels: [],
    buckets: durationBuckets,
  },
  hsr_analyses_failed_total: {
    kind: "counter",
    help: "Analyses whose process died or was late; their code got the strictest report.",
    labels: [],
  },
  hsr_sandboxes: { kind: "gauge", help: "Sandboxes that live now.", labels: ["runtime"] },
  hsr_queue_length: { kind: "gauge", help: "Runs that wait for a place now.", labels: [] },
  hsr_runs_adopted_total: {
    kind: "counter",
    help: "Runs of an earlier gateway that were taken up again, by what became of them: adopted, queued, held, lost.",
    labels: ["outcome"],
  },
  hsr_sweeps_failed_total: {
    kind: "counter",
    help: "Searches for sandboxes of nobody that failed and were tried again. They may live on: look at the log.",
    labels: ["runtime"],
  },
  hsr_output_dropped_bytes_total: {
    kind: "counter",
    help: "Bytes of output beyond the limit that were dropped.",
    labels: ["stream"],
  },
  hsr_http_requests_total: {
    kind: "counter",
    help: "HTTP requests that were answered, by route pattern and status class.",
    labels: ["route", "method", "status"],
  },
  hsr_http_request_seconds: {
    kind: "histogram",
    help: "Time from a request's headers to the end of its answer.",
    labels: ["route"],
    buckets: durationBuckets,
  },
  hsr_auth_failures_total: {
    kind: "counter",
    help: "Requests without a valid key or scope: missing, malformed, unknown, revoked, expired, scope.",
    labels: ["cause"],
  },
  hsr_runtime_available: { kind: "gauge", help: "1 if the last probe of the runtime succeeded.", labels: ["runtime"] },
  hsr_store_seconds: {
    kind: "histogram",
    help: "Time that one store operation holds the event loop.",
    labels: ["operation"],
    buckets: [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25],
  },
  hsr_store_bytes: {
    kind: "gauge",
    help: "Size of the database file, of what is used of it, and of its write-ahead log.",
    labels: ["file"],
  },
  hsr_store_runs: { kind: "gauge", help: "Stored runs, by state.", labels: ["state"] },
  hsr_store_pruned_total: { kind: "counter", help: "Rows that retention deleted, by kind.", labels: ["kind"] },
  hsr_audit_intact: {
    kind: "gauge",
    help: "1 if the audit log's chain was whole at start, 0 if somebody changed it.",
    labels: [],
  },
  hsr_store_quarantined: {
    kind: "gauge",
    help: "1 if a damaged database was set aside at start: look at the log.",
    labels: [],
  },
  hsr_policy_changes_total: {
    kind: "counter",
    help: "Policies that came into force, or were refused for their mistakes, by where they came from.",
    labels: ["source", "outcome"],
  },
  hsr_policy_file_refused: {
    kind: "gauge",
    help: "1 while the policy file has mistakes and an earlier policy is in force instead: look at the log.",
    labels: [],
  },
  hsr_unsafe_settings: { kind: "gauge", help: "Settings in force that take a wall away.", labels: ["setting"] },
  hsr_build_info: { kind: "gauge", help: "Always 1; the labels say what runs.", labels: ["version", "node"] },
} as const satisfies Record<string, MetricRow>;

export type MetricName = keyof typeof metricTable;
type NamesOfKind<Kind extends MetricRow["kind"]> = {
  [Name in MetricName]: (typeof metricTable)[Name]["kind"] extends Kind ? Name : never;
}[MetricName];
/** Exactly the labels that the table names. */
export type MetricLabels<Name extends MetricName> = {
  readonly [Label in (typeof metricTable)[Name]["labels"][number]]: string;
};

/** Where measurements go. No method throws, blocks or waits. */
export interface Metrics {
  /** Adds to a counter. */
  count<Name extends NamesOfKind<"counter">>(name: Name, labels: MetricLabels<Name>, by?: number): void;
  /** Sets a gauge. */
  set<Name extends NamesOfKind<"gauge">>(name: Name, labels: MetricLabels<Name>, value: number): void;
  /** Adds an observation to a histogram, in the unit that the name ends with. */
  observe<Name extends NamesOfKind<"histogram">>(name: Name, labels: MetricLabels<Name>, value: number): void;
}
