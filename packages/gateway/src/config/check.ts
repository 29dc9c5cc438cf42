/** What must hold between settings. The one place for it. */
import { isIP } from "node:net";
import type { SettingKey } from "./settings.ts";
import type { Config } from "./type.ts";

/** The version of the file that this gateway writes and reads. */
export const configVersion = 1;

/** A setting at fault and why; the caller knows where its value came from. */
export interface Conflict {
  readonly key: SettingKey;
  readonly message: string;
}

/** Splits `HOST:PORT`, with brackets around IPv6. */
export function splitListen(listen: string): { readonly host: string; readonly port: number } {
  const colon = listen.lastIndexOf(":");
  return { host: listen.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(listen.slice(colon + 1)) };
}

/** Whether only this machine can reach an address. A name other than localhost may mean anything. */
export function isLoopback(host: string): boolean {
  if (isIP(host) === 4) return host.startsWith("127.");
  return host === "::1" || host === "localhost";
}

/** Every conflict between settings. */
export function findConflicts(config: Config): readonly Conflict[] {
  const found: Conflict[] = [];
  const when = (wrong: boolean, key: SettingKey, message: string): void => {
    if (wrong) found.push({ key, message });
  };
  const { limits, runs, tenant, server } = config;
  when(
    config.config.version > configVersion,
    "config.version",
    `is newer than this gateway, which knows version ${configVersion}: start the newer gateway`,
  );
  const { host, port } = splitListen(server.listen);
  when(port > 65_535, "server.listen", "has a port above 65535");
  when(
    !isLoopback(host) && !server.unsafeListenBeyondLoopback,
    "server.listen",
    "is an address that other machines reach; put a proxy with TLS in front, and set server.unsafe_listen_beyond_loopback to true",
  );
  when(
    config.auth.unsafeNoKeys && !isLoopback(host),
    "auth.unsafe_no_keys",
    "cannot be had together with an address that other machines reach",
  );
  when(limits.timeoutMs > limits.maxTimeoutMs, "limits.timeout_ms", "is more than limits.max_timeout_ms");
  when(limits.memoryBytes > limits.maxMemoryBytes, "limits.memory_bytes", "is more than limits.max_memory_bytes");
  when(limits.cpuCores > limits.maxCpuCores, "limits.cpu_cores", "is more than limits.max_cpu_cores");
  when(limits.pids > limits.maxPids, "limits.pids", "is more than limits.max_pids");
  when(limits.diskBytes > limits.maxDiskBytes, "limits.disk_bytes", "is more than limits.max_disk_bytes");
  when(limits.outputBytes > limits.maxOutputBytes, "limits.output_bytes", "is more than limits.max_output_bytes");
  when(
    runs.startingConcurrency > runs.concurrency,
    "runs.starting_concurrency",
    "is more than runs.concurrency: no more can start than may live",
  );
  when(tenant.concurrency > runs.concurrency, "tenant.concurrency", "is more than runs.concurrency");
  when(tenant.queueLength > runs.queueLength, "tenant.queue_length", "is more than runs.queue_length");
  when(
    server.headersTimeoutMs > server.requestTimeoutMs,
    "server.headers_timeout_ms",
    "is more than server.request_timeout_ms, which includes it",
  );
  return found;
}
