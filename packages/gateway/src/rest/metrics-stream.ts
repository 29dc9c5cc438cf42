/** Figures of a sandbox, once or again and again. */
import { HsrError, httpLimits, type SandboxMetricsBody } from "@hsr/contract";
import { firstOf, type LiveSandbox } from "@hsr/core";
import type { FastifyReply } from "fastify";
import { wireTime } from "../wire.ts";
import { writeWhole } from "./sse.ts";

export async function metricsOf(sandbox: LiveSandbox): Promise<SandboxMetricsBody> {
  await sandbox.up;
  sandbox.mustRun();
  const { guest } = sandbox;
  if (guest === null) throw new HsrError("sandbox_not_running", { details: { state: sandbox.record.state } });
  const seen = await guest.metrics();
  return {
    time: wireTime(Date.now()),
    cpu_ms: seen.cpuMs,
    cpu_user_ms: seen.cpuUserMs,
    cpu_system_ms: seen.cpuSystemMs,
    cpu_throttled_ms: seen.cpuThrottledMs,
    cpu_limit: seen.cpuCoresLimit,
    memory_bytes: seen.memoryBytes,
    memory_peak_bytes: seen.memoryPeakBytes,
    memory_limit: seen.memoryLimitBytes,
    oom_kills: seen.oomKills,
    pids: seen.pids,
    pids_limit: seen.pidsLimit,
    io_read_bytes: seen.ioReadBytes,
    io_written_bytes: seen.ioWrittenBytes,
    executions: sandbox.executions.size,
  };
}

/** Sends figures until the sandbox ends or the reader is gone. */
export async function streamMetrics(
  reply: FastifyReply,
  sandbox: LiveSandbox,
  first: SandboxMetricsBody,
  intervalMs: number,
): Promise<void> {
  reply.hijack();
  const response = reply.raw;
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  const { promise: over, resolve: end } = Promise.withResolvers<"over">();
  const leave = () => end("over");
  response.once("close", leave);
  // It may have gone while the first figures were asked for; then nobody will say so again.
  if (response.closed || response.destroyed) leave();
  const ended = sandbox.ended.then(() => "over" as const);
  let silentMs = 0;
  for (let seq = 1, figures: SandboxMetricsBody | null = first; ; seq += 1) {
    if (figures !== null) {
      silentMs = 0;
      const { id: subject, tenant, requestId } = sandbox;
      const { time } = figures;
      const event = {
        id: `${seq}`,
        seq,
        time,
        type: "sandbox.metrics",
        tenant,
        subject,
        request_id: requestId,
        data: figures,
      };
      await writeWhole(response, `id: ${seq}\nevent: sandbox.metrics\ndata: ${JSON.stringify(event)}\n\n`);
    } else if (silentMs >= httpLimits.sse_heartbeat_ms.value) {
      silentMs = 0;
      await writeWhole(response, ": still here\n\n");
    }
    const step = await firstOf([over, ended, pause(intervalMs)]);
    if (step !== "next") {
      response.end();
      return;
    }
    silentMs += intervalMs;
    // A launcher that is away for a moment is no reason to end.
    figures = await metricsOf(sandbox).catch(() => null);
  }
}

function pause(ms: number): Promise<"next"> {
  return new Promise((resolve) => setTimeout(() => resolve("next"), ms).unref());
}
