/** Tells a configured address again and again that the gateway lives, and which sandboxes do. */
import { gatewayLimits, newId } from "@hsr/contract";
import type { Clock, Log, Metrics, Pipeline, Sandboxes } from "@hsr/core";
import { wireStatus } from "../living-wire.ts";
import { wireTime } from "../wire.ts";
import { post } from "./post.ts";
import { signedHeaders } from "./sign.ts";

export interface HeartbeatSettings {
  /** Empty: nobody is told. */
  readonly url: string;
  readonly intervalMs: number;
  /** Signs, if it is not empty. */
  readonly secret: string;
}

export interface HeartbeatPorts {
  readonly pipeline: Pipeline;
  readonly sandboxes: Sandboxes;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Sandboxes that one report lists: more are counted. */
const listed = 1000;

/** Begins; the returned function ends it. */
export function startHeartbeat(settings: HeartbeatSettings, ports: HeartbeatPorts): () => void {
  if (settings.url === "") return () => {};
  const stopped = new AbortController();
  const gatewayId = newId("request").replace("req-", "gw-");
  const startedAtMs = ports.clock.now();
  let busy = false;
  let failing = false;

  async function beat(): Promise<void> {
    const nowMs = ports.clock.now();
    const body = JSON.stringify(report(ports, { gatewayId, startedAtMs, nowMs }));
    const headers = settings.secret === "" ? {} : signedHeaders(settings.secret, `${gatewayId}.${nowMs}`, nowMs, body);
    const timeoutMs = gatewayLimits.webhook_timeout_ms.value;
    const posted = await post({ url: settings.url, headers, body, timeoutMs, signal: stopped.signal });
    if (stopped.signal.aborted) return;
    const isTaken = "status" in posted && posted.status >= 200 && posted.status < 300;
    ports.metrics.count("hsr_heartbeats_total", { outcome: isTaken ? "delivered" : "failed" });
    // Said once when it begins to fail, and not with each beat.
    if (!isTaken && !failing) ports.log.warn({ ...posted }, "the heartbeat is not taken");
    failing = !isTaken;
  }

  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    void beat()
      .catch((err: unknown) => ports.log.error({ err }, "the heartbeat failed"))
      .finally(() => {
        busy = false;
      });
  }, settings.intervalMs);
  timer.unref();
  return () => {
    clearInterval(timer);
    stopped.abort();
  };
}

function report(
  { pipeline, sandboxes, version }: HeartbeatPorts,
  {
    gatewayId,
    startedAtMs,
    nowMs,
  }: { readonly gatewayId: string; readonly startedAtMs: number; readonly nowMs: number },
): object {
  const living = sandboxes.all();
  const runs = pipeline.ports.places.counts;
  return {
    type: "heartbeat",
    gateway: { id: gatewayId, version, started_at: wireTime(startedAtMs) },
    time: wireTime(nowMs),
    runs: { living: runs.living, waiting: runs.waiting },
    sandboxes: {
      total: living.length,
      executions: living.reduce((sum, sandbox) => sum + sandbox.executions.size, 0),
      items: living.slice(0, listed).map((sandbox) => ({
        tenant: sandbox.tenant,
        name: sandbox.record.name,
        ...wireStatus(sandbox.record, sandbox),
      })),
    },
    runtimes: pipeline.ports.offers.current.map(({ name, available }) => ({ name, available })),
  };
}
