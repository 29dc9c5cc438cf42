/**
 * Every bound of the product in one table: its unit, its value, and what breaks without it.
 * Schemas, the pipeline, the doors and `docs/api-conventions.md` read it from here and nowhere else.
 */

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

/** A bound that a caller may choose within. */
export interface ChoosableLimit {
  readonly unit: "ms" | "bytes" | "cores" | "count";
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly why: string;
}

/** A bound that nobody chooses. */
export interface FixedLimit {
  readonly unit: "ms" | "bytes" | "count";
  readonly value: number;
  readonly why: string;
}

/** What a request may ask for; absent fields take the default. */
export const runLimits = {
  timeout: {
    unit: "ms",
    default: 30_000,
    min: 1,
    max: 3_600_000,
    why: "A forgotten endless loop holds a slot for half a minute, not for ever; an hour is the longest that a one-shot run may be.",
  },
  memory_limit: {
    unit: "bytes",
    default: 256 * MiB,
    min: 16 * MiB,
    max: 64 * GiB,
    why: "Below 16 MiB the jail itself does not start; 256 MiB holds an ordinary script with its interpreter.",
  },
  cpu_limit: {
    unit: "cores",
    default: 1,
    min: 0.01,
    max: 256,
    why: "One busy guest takes one core, never the machine.",
  },
  disk_limit_bytes: {
    unit: "bytes",
    default: 64 * MiB,
    min: 1 * MiB,
    max: 16 * GiB,
    why: "Scratch space is memory, so it must fit well under the memory limit; without a bound a guest could fill the host.",
  },
  pids_limit: {
    unit: "count",
    default: 128,
    min: 8,
    max: 16_384,
    why: "A fork bomb stops here, long before the host's process table; the jail and its agent need a few themselves.",
  },
  output_limit_bytes: {
    unit: "bytes",
    default: 1 * MiB,
    min: 0,
    max: 16 * MiB,
    why: "Output is kept whole in the result; beyond this it is dropped and counted, for each of stdout and stderr.",
  },
} as const satisfies Record<string, ChoosableLimit>;

const hour = 3_600_000;

/** What a living sandbox may ask for; absent fields take the default. */
export const sandboxLimits = {
  ttl_ms: {
    unit: "ms",
    default: hour,
    min: 1000,
    max: 30 * 24 * hour,
    why: "A sandbox that its caller forgot ends by itself; who needs it longer renews it.",
  },
  idle_timeout_ms: {
    unit: "ms",
    default: 0,
    min: 0,
    max: 30 * 24 * hour,
    why: "0 is none. With one, a sandbox in which nothing runs and that nobody calls ends before its time to live.",
  },
} as const satisfies Record<string, ChoosableLimit>;

/** Bounds of one request's parts. */
export const requestLimits = {
  code_bytes: { unit: "bytes", value: 1 * MiB, why: "A program longer than this belongs into files." },
  stdin_bytes: { unit: "bytes", value: 4 * MiB, why: "Stdin is kept in the store until the run has ended." },
  files: { unit: "count", value: 256, why: "Each file is a request to the agent before the program starts." },
  file_bytes_total: { unit: "bytes", value: 8 * MiB, why: "Files are kept in the store until the run has ended." },
  path_bytes: { unit: "bytes", value: 1024, why: "Well under the kernel's PATH_MAX of 4096 with room for the root." },
  path_depth: { unit: "count", value: 32, why: "Each missing parent folder costs an inode and a system call." },
  file_path_bytes: {
    unit: "bytes",
    value: 4095,
    why: "The kernel's PATH_MAX: what a guest can make, the file API can name.",
  },
  file_read_bytes: {
    unit: "bytes",
    value: 16 * GiB,
    why: "The largest disk that a sandbox can have. A file that claims to be larger is sparse: it is read in ranges.",
  },
  file_entries: {
    unit: "count",
    value: 1000,
    why: "Entries of a folder on one page stay under a few hundred kilobytes.",
  },
  file_depth: { unit: "count", value: 32, why: "How deep one listing of a folder goes; each level is a descriptor." },
  received_files: {
    unit: "count",
    value: 16_384,
    why: "Digests of files that came in are kept for judging what runs later; the oldest of a sandbox make way.",
  },
  archive_entries: {
    unit: "count",
    value: 65_536,
    why: "Each entry of an archive is remembered while it is unpacked, so that none is written through another.",
  },
  archive_depth: {
    unit: "count",
    value: 64,
    why: "Each level of a folder in an archive may be one more request to the agent.",
  },
  archive_names_bytes: {
    unit: "bytes",
    value: 16 * MiB,
    why: "All names of an archive together, since they are remembered.",
  },
  archive_header_bytes: {
    unit: "bytes",
    value: 64 * KiB,
    why: "An extended header holds a path, a link and some attributes.",
  },
  archive_ratio: {
    unit: "count",
    value: 200,
    why: "How many times its size a compressed archive may become; text with many small files stays under a hundred.",
  },
  argv_items: { unit: "count", value: 1024, why: "Far above what a person or a build tool writes." },
  argv_bytes_total: {
    unit: "bytes",
    value: 96 * KiB,
    why: "argv and environment share the agent's start message and the kernel's ARG_MAX.",
  },
  environment_items: { unit: "count", value: 256, why: "Far above what a program needs." },
  environment_bytes_total: {
    unit: "bytes",
    value: 128 * KiB,
    why: "argv and environment share the agent's start message and the kernel's ARG_MAX.",
  },
  labels: { unit: "count", value: 32, why: "Labels are indexed for each run." },
  label_value_chars: { unit: "count", value: 256, why: "Labels are for finding runs, not for keeping data." },
  webhooks: { unit: "count", value: 16, why: "Each is a queue of its own." },
  stdin_waiting_bytes: {
    unit: "bytes",
    value: 4 * MiB,
    why: "Input that a program does not read waits in memory: one request's worth for each execution.",
  },
  wait_ms: { unit: "ms", value: 3_660_000, why: "No longer than the longest run and its start." },
} as const satisfies Record<string, FixedLimit>;

/** Bounds of the HTTP door. */
export const httpLimits = {
  body_bytes: {
    unit: "bytes",
    value: 20 * MiB,
    why: "All parts of a request at their bounds, in base64, with room for JSON.",
  },
  json_depth: { unit: "count", value: 16, why: "No schema is deeper than 5; a parser that recurses is safe at 16." },
  json_values: {
    unit: "count",
    value: 8192,
    why: "Twice what the largest request has. Checks and their complaints take time for each value, some for each pair.",
  },
  header_bytes: { unit: "bytes", value: 16 * KiB, why: "More is refused with 431 before a handler runs." },
  headers: { unit: "count", value: 100, why: "A million tiny headers cost time before anything else looks at them." },
  headers_timeout_ms: { unit: "ms", value: 10_000, why: "A slow sender of headers holds a socket." },
  body_timeout_ms: { unit: "ms", value: 30_000, why: "A slow sender of a body holds a socket and its buffer." },
  body_bytes_per_second: {
    unit: "count",
    value: 16 * KiB,
    why: "A file may take longer than other bodies, by a second for each so many bytes that have come: a sender that trickles is given up.",
  },
  reader_stalled_ms: { unit: "ms", value: 30_000, why: "A client that takes nothing for so long holds no file open." },
  keep_alive_ms: {
    unit: "ms",
    value: 72_000,
    why: "Longer than the 60 s of usual load balancers, so that they close first.",
  },
  connections: {
    unit: "count",
    value: 4096,
    why: "Descriptors are finite; further connections are refused at accept.",
  },
  sse_heartbeat_ms: { unit: "ms", value: 15_000, why: "Proxies cut silent streams, usually after 30 to 60 s." },
  output_pause_ms: {
    unit: "ms",
    value: 5,
    why: "A program that writes byte by byte fills one event in so long, and not one event for each byte.",
  },
  page_items: { unit: "count", value: 200, why: "A page of a list stays under a few hundred kilobytes." },
  idempotency_ttl_ms: { unit: "ms", value: 86_400_000, why: "A client that repeats a request does so within a day." },
} as const satisfies Record<string, FixedLimit>;

/** Bounds of a WebSocket to a terminal. */
export const terminalLimits = {
  frame_bytes: {
    unit: "bytes",
    value: 64 * KiB,
    why: "A frame is kept until it is whole. More than a person pastes; programs send several.",
  },
  fragments: { unit: "count", value: 256, why: "Each costs memory of its own until the message is whole." },
  frames_per_second: {
    unit: "count",
    value: 1000,
    why: "Beyond a first burst of twice as many the connection is read no faster: tiny frames cost the gateway time.",
  },
  input_bytes: {
    unit: "bytes",
    value: 64 * KiB,
    why: "Input that the program does not take; beyond it the connection is not read.",
  },
  ahead_bytes: {
    unit: "bytes",
    value: 256 * KiB,
    why: "Output on its way to a viewer. A slower one is sent no more until it has taken some, and misses what is dropped.",
  },
  viewers: { unit: "count", value: 32, why: "Each is sent everything." },
  ping_ms: {
    unit: "ms",
    value: 15_000,
    why: "Who has not answered when the second is due is gone. Then, too, the key is looked at again.",
  },
} as const satisfies Record<string, FixedLimit>;

/** Bounds inside the gateway that configuration may tighten or widen. */
export const gatewayLimits = {
  concurrent_runs: {
    unit: "count",
    value: 64,
    why: "Each living sandbox has a socket, a ring and its memory limit; beyond it runs wait in the queue.",
  },
  queued_runs: {
    unit: "count",
    value: 256,
    why: "A queue that is longer than this answers later than its callers wait.",
  },
  living_sandboxes: {
    unit: "count",
    value: 1024,
    why: "Each has an agent, a descriptor and its memory limit; idle ones cost little else.",
  },
  executions_per_sandbox: {
    unit: "count",
    value: 60,
    why: "The agent knows at most 64 executions at one time; four are left for ends that are being noted.",
  },
  concurrent_starts: {
    unit: "count",
    value: 16,
    why: "Starting is work for the kernel's locks; more at one time makes each slower and none faster.",
  },
  guest_open_files: { unit: "count", value: 256, why: "Descriptors of a guest are kernel memory." },
  guest_inodes: {
    unit: "count",
    value: 4096,
    why: "An inode costs about 1 KiB of kernel memory even when it is empty.",
  },
  start_timeout_ms: { unit: "ms", value: 10_000, why: "A sandbox that does not answer by then will not." },
  deadline_slack_ms: {
    unit: "ms",
    value: 15_000,
    why: "The launcher's own deadline lies this far behind the run's, so that it only fires when no gateway does.",
  },
  webhook_attempts: {
    unit: "count",
    value: 12,
    why: "With pauses that double up to an hour the last try comes after half an hour and more; then the next event has its turn.",
  },
  webhook_timeout_ms: {
    unit: "ms",
    value: 10_000,
    why: "A receiver that is slower should answer first and work later.",
  },
  metrics_interval_ms: { unit: "ms", value: 1000, why: "Figures of a sandbox cost a question to the launcher." },
  file_answer_ms: {
    unit: "ms",
    value: 30_000,
    why: "The agent belongs to the guest: one that takes or gives nothing for so long holds no transfer open.",
  },
  drain_after_exit_ms: {
    unit: "ms",
    value: 1_000,
    why: "A grandchild that keeps stdout open does not keep the run open.",
  },
  shutdown_ms: { unit: "ms", value: 20_000, why: "How long SIGTERM waits for runs that somebody waits for." },
} as const satisfies Record<string, FixedLimit>;
