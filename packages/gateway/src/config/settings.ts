/**
 * The one table of settings. Code reads it (`Config` is derived from it), `docs/configuration.md` is printed from it,
 * messages quote it. A new setting is one row here and a line in `check.ts` if it depends on another.
 */
import { fileURLToPath } from "node:url";
import { gatewayLimits, httpLimits, limitNames, runLimits, sandboxLimits } from "@hsr/contract";
import { choice, decimal, flag, integer, list, path, type Setting, text } from "./setting.ts";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

const hostAndPort = {
  pattern: /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$/,
  wanted: "HOST:PORT, with IPv6 addresses in brackets",
};

/** Keys are `section.name`; the environment's name is `HSR_` and the key in capitals with `_` for `.`. */
export const settings = {
  "config.version": integer({
    default: 1,
    min: 1,
    max: 1_000_000,
    reason:
      "The version of the configuration file. A file that is newer than the gateway is refused, never half understood.",
  }),
  "data.dir": path({
    default: ({ env, home }) => `${env["XDG_STATE_HOME"] ?? `${home}/.local/state`}/hsr/data`,
    defaultText: "`$XDG_STATE_HOME/hsr/data`, or `~/.local/state/hsr/data`",
    reason:
      "The folder with the database, the first key and the spool. It is made with mode 0700; one gateway at a time may use it.",
    flag: "--data-dir",
  }),
  "launcher.socket": path({
    default: ({ env, home }) =>
      env["XDG_RUNTIME_DIR"] === undefined
        ? `${env["XDG_STATE_HOME"] ?? `${home}/.local/state`}/hsr/launcher.sock`
        : `${env["XDG_RUNTIME_DIR"]}/hsr/launcher.sock`,
    defaultText: "`$XDG_RUNTIME_DIR/hsr/launcher.sock`, or beside the data folder",
    reason: "The launcher's Unix socket. The gateway starts no process itself: without a launcher nothing runs.",
    env: "HSR_LAUNCHER",
    flag: "--launcher",
  }),
  "server.listen": text({
    default: "127.0.0.1:3000",
    ...hostAndPort,
    reason:
      "The address of the REST API. Anything but loopback needs `server.unsafe_listen_beyond_loopback` too. Port 0 takes a free one.",
    env: "HSR_LISTEN",
    flag: "--listen",
  }),
  "server.unsafe_listen_beyond_loopback": flag({
    default: false,
    dangerous: [true],
    reason:
      "Allows an address that other machines reach. The gateway speaks no TLS: put a proxy with TLS in front before you set it.",
  }),
  "server.allowed_hosts": list(
    { pattern: /^[A-Za-z0-9.:[\]-]{1,255}$/, wanted: "host names" },
    {
      default: [],
      reason:
        "Names that a Host header may carry besides the address listened on, `localhost` and loopback addresses. Others are refused, so that a web page cannot rebind a name to this gateway.",
    },
  ),
  "server.allowed_origins": list(
    { pattern: /^https?:\/\/[A-Za-z0-9.:[\]-]{1,255}$/, wanted: "origins such as https://example.org" },
    {
      default: [],
      reason:
        "Origins whose pages may call the API from a browser. None by default: a request with any other Origin is refused.",
    },
  ),
  "server.body_limit_bytes": integer({
    default: httpLimits.body_bytes.value,
    min: 64 * KiB,
    max: 256 * MiB,
    unit: "bytes",
    reason: "The largest request body. It is held in memory and parsed as JSON on the event loop.",
  }),
  "server.connections": integer({
    default: httpLimits.connections.value,
    min: 16,
    max: 100_000,
    unit: "connections",
    reason:
      "Open connections at one time; more are closed at once. It has to fit under the process's limit of open files.",
  }),
  "server.headers_timeout_ms": integer({
    default: httpLimits.headers_timeout_ms.value,
    min: second,
    max: 10 * minute,
    unit: "ms",
    reason: "How long a client may take to send its headers. Without it slow clients hold connections for ever.",
  }),
  "server.request_timeout_ms": integer({
    default: httpLimits.body_timeout_ms.value,
    min: second,
    max: hour,
    unit: "ms",
    reason: "How long a client may take to send a whole request, body included. The answer may take longer.",
  }),
  "server.keep_alive_timeout_ms": integer({
    default: httpLimits.keep_alive_ms.value,
    min: second,
    max: 10 * minute,
    unit: "ms",
    reason:
      "How long an idle connection is kept. Longer than the usual 60 s of load balancers, so that they close first.",
  }),
  "server.drain_ms": integer({
    default: gatewayLimits.shutdown_ms.value,
    min: 0,
    max: hour,
    unit: "ms",
    reason:
      "After SIGTERM, how long running requests may take to end. Runs that are left go on and are taken up again at the next start.",
  }),
  "runs.concurrency": integer({
    default: gatewayLimits.concurrent_runs.value,
    min: 1,
    max: 10_000,
    unit: "runs",
    reason:
      "Sandboxes that live at one time, over all tenants. Each may use its whole memory limit: lower it on small hosts.",
  }),
  "runs.starting_concurrency": integer({
    default: gatewayLimits.concurrent_starts.value,
    min: 1,
    max: 1000,
    unit: "runs",
    reason: "Sandboxes that start at one time. More than the cores can start only makes every one of them slower.",
  }),
  "runs.queue_length": integer({
    default: gatewayLimits.queued_runs.value,
    min: 0,
    max: 100_000,
    unit: "runs",
    reason: "Runs that may wait for a place. Beyond it the answer is 503 with Retry-After.",
  }),
  "runs.queue_wait_ms": integer({
    default: minute,
    min: 0,
    max: 24 * hour,
    unit: "ms",
    reason: "How long a run may wait for a place before it ends as `setup_failed` with the error `queue_full`.",
  }),
  "sandboxes.concurrency": integer({
    default: gatewayLimits.living_sandboxes.value,
    min: 1,
    max: 100_000,
    unit: "sandboxes",
    reason: "Living sandboxes over all tenants, beside the runs. An idle one costs little but what its files take.",
  }),
  "sandboxes.tenant_concurrency": integer({
    default: gatewayLimits.living_sandboxes.value / 2,
    min: 1,
    max: 100_000,
    unit: "sandboxes",
    reason: "Living sandboxes of one tenant. Beyond it new ones wait, and then are refused with 429.",
  }),
  "sandboxes.ttl_ms": integer({
    default: sandboxLimits.ttl_ms.default,
    min: sandboxLimits.ttl_ms.min,
    max: sandboxLimits.ttl_ms.max,
    unit: "ms",
    reason: "Time to live of a sandbox that asks for none.",
  }),
  "sandboxes.max_ttl_ms": integer({
    default: 24 * hour,
    min: sandboxLimits.ttl_ms.min,
    max: sandboxLimits.ttl_ms.max,
    unit: "ms",
    reason: "The most time to live that a caller may ask for, at creation and at each renewal.",
  }),
  "sandboxes.idle_timeout_ms": integer({
    default: sandboxLimits.idle_timeout_ms.default,
    min: sandboxLimits.idle_timeout_ms.min,
    max: sandboxLimits.idle_timeout_ms.max,
    unit: "ms",
    reason: "Idle time of a sandbox that asks for none; 0 is no such limit.",
  }),
  "ports.listen": text({
    default: "auto",
    pattern: /^$|^auto$|^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$/,
    wanted: "host:port, `auto`, or nothing",
    reason:
      "Where ports inside of sandboxes are served: a listener of its own, never the API's, since what guests serve is hostile. `auto` is the API's host and the port after its own, 3001; empty: nowhere.",
  }),
  "ports.public_address": text({
    default: "",
    pattern: /^$|^https?:\/\/[a-z0-9.-]+(:\d{1,5})?$/,
    wanted: "http:// or https:// and the domain with its port, or nothing",
    reason:
      "What stands behind the dot of each port's name, with the scheme, where it is not the listener itself: https://ports.example.com behind a proxy with a wildcard certificate. Not the API's domain, nor one that sets cookies for its subdomains. Empty: localhost with the listener's port; browsers resolve names below localhost by themselves.",
  }),
  "ports.connections": integer({
    default: 1024,
    min: 1,
    max: 100_000,
    unit: "connections",
    reason: "Clients of ports at one time; each sandbox has at most 64 connections to its servers.",
  }),
  "volumes.tenant_bytes": integer({
    default: 16 * GiB,
    min: 0,
    max: 1024 * 1024 * GiB,
    unit: "bytes",
    reason: "Bytes of all volumes of one tenant. Each takes its whole space from the disk when it is made.",
  }),
  "volumes.tenant_count": integer({
    default: 32,
    min: 0,
    max: 10_000,
    unit: "volumes",
    reason: "Volumes of one tenant. Each that is in use takes a loop device.",
  }),
  "webhooks.allowed_hosts": list(
    {
      pattern: /^(\*\.)?(\[[0-9a-f:]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?$/,
      wanted: "hosts, as example.com, example.com:8443 or *.example.com",
    },
    {
      default: [],
      reason:
        "Hosts that webhooks may be posted to. Empty: none, since an address that a tenant names could point into the operator's own network.",
    },
  ),
  "heartbeat.url": text({
    default: "",
    pattern: /^$|^https?:\/\/\S+$/,
    wanted: "an http or https address, or nothing",
    reason: "Where the gateway posts that it lives, with its sandboxes. Empty: nowhere.",
  }),
  "heartbeat.interval_ms": integer({
    default: 30 * second,
    min: 100,
    max: hour,
    unit: "ms",
    reason: "How often the heartbeat is posted.",
  }),
  "heartbeat.secret": text({
    default: "",
    pattern: /^$|^whsec_[A-Za-z0-9+/]{32,}={0,2}$/,
    wanted: "`whsec_` and base64, or nothing",
    secret: true,
    reason: "Signs the heartbeat as webhooks are signed. Empty: it is not signed.",
  }),
  "tenant.concurrency": integer({
    default: gatewayLimits.concurrent_runs.value / 2,
    min: 1,
    max: 10_000,
    unit: "runs",
    reason: "Sandboxes of one tenant that live at one time: one tenant cannot take every place.",
  }),
  "tenant.queue_length": integer({
    default: gatewayLimits.queued_runs.value / 2,
    min: 0,
    max: 100_000,
    unit: "runs",
    reason: "Runs of one tenant that may wait. Beyond it the answer is 429 with Retry-After.",
  }),
  "tenant.requests_per_minute": integer({
    default: 60_000,
    min: 1,
    max: 10_000_000,
    unit: "requests",
    reason:
      "Requests of one key per minute, counted in a token bucket of one second's worth or at least 64. Beyond it the answer is 429 with Retry-After.",
  }),
  "limits.timeout_ms": integer({
    default: runLimits.timeout.default,
    min: runLimits.timeout.min,
    max: runLimits.timeout.max,
    unit: "ms",
    reason: "Wall time of a run that asks for none.",
  }),
  "limits.max_timeout_ms": integer({
    default: runLimits.timeout.max,
    min: runLimits.timeout.min,
    max: runLimits.timeout.max,
    unit: "ms",
    reason: "The most wall time that a caller may ask for.",
  }),
  "limits.memory_bytes": integer({
    default: runLimits.memory_limit.default,
    min: runLimits.memory_limit.min,
    max: runLimits.memory_limit.max,
    unit: "bytes",
    reason: "Memory of everything in a sandbox that asks for no other amount; its scratch space counts towards it.",
  }),
  "limits.max_memory_bytes": integer({
    default: 8 * GiB,
    min: runLimits.memory_limit.min,
    max: runLimits.memory_limit.max,
    unit: "bytes",
    reason: "The most memory that a caller may ask for.",
  }),
  "limits.cpu_cores": decimal({
    default: runLimits.cpu_limit.default,
    min: runLimits.cpu_limit.min,
    max: runLimits.cpu_limit.max,
    unit: "cores",
    reason: "Cores of a run that asks for none; 0.5 is half the time of one core.",
  }),
  "limits.max_cpu_cores": decimal({
    default: ({ cores }) => cores,
    defaultText: "the host's cores",
    min: runLimits.cpu_limit.min,
    max: runLimits.cpu_limit.max,
    unit: "cores",
    reason: "The most cores that a caller may ask for.",
  }),
  "limits.pids": integer({
    default: runLimits.pids_limit.default,
    min: runLimits.pids_limit.min,
    max: runLimits.pids_limit.max,
    unit: "processes and threads",
    reason: "Processes and threads in a sandbox: what stops a fork bomb.",
  }),
  "limits.max_pids": integer({
    default: runLimits.pids_limit.max,
    min: runLimits.pids_limit.min,
    max: runLimits.pids_limit.max,
    unit: "processes and threads",
    reason: "The most that a caller may ask for. The host's own pid_max, often 32768, is shared by all sandboxes.",
  }),
  "limits.disk_bytes": integer({
    default: runLimits.disk_limit_bytes.default,
    min: runLimits.disk_limit_bytes.min,
    max: runLimits.disk_limit_bytes.max,
    unit: "bytes",
    reason: "Bytes in /workspace and /tmp together. It is memory, so it must fit well under the memory limit.",
  }),
  "limits.max_disk_bytes": integer({
    default: 4 * GiB,
    min: runLimits.disk_limit_bytes.min,
    max: runLimits.disk_limit_bytes.max,
    unit: "bytes",
    reason: "The most disk that a caller may ask for.",
  }),
  "limits.inodes": integer({
    default: gatewayLimits.guest_inodes.value,
    min: 64,
    max: 10_000_000,
    unit: "files",
    reason: "Files, folders and links that a guest may make. Each costs about 1 KiB of kernel memory.",
  }),
  "limits.output_bytes": integer({
    default: runLimits.output_limit_bytes.default,
    min: runLimits.output_limit_bytes.min,
    max: runLimits.output_limit_bytes.max,
    unit: "bytes",
    reason:
      "Bytes kept of each of stdout and stderr for a run that asks for no other amount; the rest is dropped and counted.",
  }),
  "limits.max_output_bytes": integer({
    default: runLimits.output_limit_bytes.max,
    min: runLimits.output_limit_bytes.min,
    max: runLimits.output_limit_bytes.max,
    unit: "bytes",
    reason: "The most output that a caller may ask to keep.",
  }),
  "limits.open_files": integer({
    default: gatewayLimits.guest_open_files.value,
    min: 16,
    max: 1_048_576,
    unit: "descriptors",
    reason: "Descriptors that one process in a sandbox may have open.",
  }),
  "limits.required": list(
    {
      pattern: new RegExp(`^(${limitNames.join("|")})$`),
      wanted: `limits (${limitNames.join(", ")})`,
      words: limitNames,
    },
    {
      default: ["memory", "pids", "wall_time", "output"],
      reason:
        "Limits that must be enforced. A run on a host that cannot is refused with `unavailable`; other limits are best effort and named in the result.",
    },
  ),
  "limits.unenforced": choice(["refuse", "allow"], {
    default: "refuse",
    dangerous: ["allow"],
    reason:
      "What to do when a required limit cannot be enforced on this host. `allow` runs without it, and every result says `unenforced`.",
  }),
  "runtimes.enabled": list(
    { pattern: /^[a-z][a-z0-9-]{0,62}$/, wanted: "names of runtimes" },
    { default: ["bubblewrap"], reason: "Runtimes that decisions may choose from." },
  ),
  "runtimes.probe_interval_ms": integer({
    default: minute,
    min: second,
    max: 24 * hour,
    unit: "ms",
    reason: "How often each runtime is tried out again: a probe runs something in a sandbox and looks.",
  }),
  "analyze.processes": integer({
    default: ({ cores }) => Math.max(1, Math.min(4, Math.floor(cores / 2))),
    defaultText: "half of the cores, from 1 to 4",
    min: 1,
    max: 64,
    unit: "processes",
    reason:
      "Processes that read code. Each holds 100 to 200 MB; more only help when many different programs come at once.",
  }),
  "analyze.deadline_ms": integer({
    default: 2 * second,
    min: 10,
    max: minute,
    unit: "ms",
    reason:
      "How long one analysis may take. Code whose analysis takes longer gets the strictest report, and the process that read it is ended.",
  }),
  "analyze.max_bytes": integer({
    default: 512 * KiB,
    min: KiB,
    max: 8 * MiB,
    unit: "bytes",
    reason:
      "The largest program that is read. A larger one is a finding of its own and weighs as high risk. A megabyte takes about a second.",
  }),
  "analyze.cache_entries": integer({
    default: 4096,
    min: 1,
    max: 1_000_000,
    unit: "reports",
    reason: "Reports that are kept in memory by the digest of what was read, so that the same code is read once.",
  }),
  "analyze.rules": text({
    default: "",
    pattern: /^$|^\/[^\p{Cc}]{0,4095}$/u,
    wanted: "an absolute path, or nothing",
    reason:
      "A YAML file with rules of your own, read at start. They are applied besides those that come with HSR; docs/risk-rules.md has the form.",
  }),
  "policy.file": path({
    default: fileURLToPath(new URL("../../../../config/policy.yaml", import.meta.url)),
    defaultText: "`config/policy.yaml` of this version",
    reason:
      "The policy: rules that say which code runs behind which wall. A change of the file is in force at once; a gateway does not start with a file that has a mistake.",
    flag: "--policy",
  }),
  "approvals.deadline_ms": integer({
    default: hour,
    min: second,
    max: 7 * 24 * hour,
    unit: "ms",
    reason: "How long a held run waits for a person's answer where its rule does not say; then it is denied.",
  }),
  "approvals.tenant_waiting": integer({
    default: 100,
    min: 1,
    max: 10_000,
    unit: "requests",
    reason: "How many runs, sandboxes and executions of one tenant wait for an approval at most; more are refused.",
  }),
  "approvals.tenant_bytes": integer({
    default: 256 * MiB,
    min: 16 * MiB,
    max: 1024 * GiB,
    unit: "bytes",
    reason: "How much code, files and input of one tenant the store keeps of what waits for an approval.",
  }),
  "retention.run_days": decimal({
    default: 30,
    min: 0,
    max: 36_500,
    unit: "days",
    reason: "How long results and output of finished runs and executions, and ended sandboxes, are kept.",
  }),
  "retention.run_rows": integer({
    default: 100_000,
    min: 0,
    max: 100_000_000,
    unit: "runs",
    reason:
      "How many finished runs are kept at most, however young they are; as many executions, and as many ended sandboxes.",
  }),
  "retention.max_bytes": integer({
    default: 10 * GiB,
    min: 16 * MiB,
    max: 1024 * GiB,
    unit: "bytes",
    reason:
      "The most that the database may hold. Beyond it the oldest finished runs and audit entries are deleted, however young, before the disk is full.",
  }),
  "retention.audit_days": decimal({
    default: 365,
    min: 1,
    max: 36_500,
    unit: "days",
    reason: "How long audit entries are kept. The chain stays verifiable from its new beginning.",
  }),
  "retention.event_days": decimal({
    default: 7,
    min: 0,
    max: 36_500,
    unit: "days",
    reason: "How long events are kept for those who come back to a stream, and for webhooks that fail.",
  }),
  "retention.event_rows": integer({
    default: 100_000,
    min: 100,
    max: 100_000_000,
    unit: "events",
    reason: "How many events are kept at most, however young they are.",
  }),
  "retention.tick_ms": integer({
    default: 10 * second,
    min: 10,
    max: hour,
    unit: "ms",
    reason: "How often old rows are looked for. Each tick does a bounded amount of work.",
  }),
  "store.synchronous": choice(["normal", "full"], {
    default: "normal",
    reason:
      "`normal` loses nothing when the gateway dies and may lose the last moments when the power fails; `full` syncs the disk at each commit and costs its latency.",
  }),
  "metrics.access": choice(["key", "open"], {
    default: "key",
    reason:
      "Who may read `/metrics`: a key with the scope `read`, or everybody who reaches the address. Metrics name no tenant, run or code.",
  }),
  "log.level": choice(["trace", "debug", "info", "warn", "error", "silent"], {
    default: "info",
    reason: "The least severity that is logged, as one JSON object per line on stdout.",
  }),
  "auth.unsafe_no_keys": flag({
    default: false,
    dangerous: [true],
    reason:
      "Lets every caller in as administrator of the tenant `default`. For experiments on a machine that nobody else uses.",
  }),
} satisfies Record<string, Setting<unknown>>;

/** The keys of the table. */
export type SettingKey = keyof typeof settings;
