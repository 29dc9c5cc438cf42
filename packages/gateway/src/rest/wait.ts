/** Waiting on behalf of a client: until a run or an execution ends, until the client has waited enough, or until it goes away. */
import type { ServerResponse } from "node:http";
import { firstOf, type LiveRun } from "@hsr/core";
import type { FastifyReply } from "fastify";

/**
 * What was promised, or `null` when the time was up first, or the client of `response` gone: a wait of an hour that
 * nobody waits for would be kept as long. Without a time it waits for ever.
 */
export async function within<Value>(
  promised: Promise<Value>,
  waitMs: number | undefined,
  response: ServerResponse | null = null,
): Promise<Value | null> {
  if (waitMs === undefined) return await promised;
  const up = Promise.withResolvers<null>();
  const stop = () => up.resolve(null);
  const timer = setTimeout(stop, waitMs);
  response?.once("close", stop);
  if (response?.closed) stop();
  try {
    return await firstOf([promised, up.promise]);
  } finally {
    clearTimeout(timer);
    response?.off("close", stop);
  }
}

/** Cancels the run when its client goes away before the answer, unless it is detached or the gateway itself is leaving. */
export function cancelWhenGone(run: LiveRun, reply: FastifyReply, leaving: () => boolean): void {
  const gone = () => {
    if (!reply.raw.writableFinished && !run.detached && !leaving()) run.stop("cancelled");
  };
  // It may have gone while the run was being stored; then nobody will say so again.
  if (reply.raw.destroyed || reply.raw.closed) gone();
  else reply.raw.once("close", gone);
}
