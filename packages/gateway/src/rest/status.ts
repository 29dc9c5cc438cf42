/** What operators and load balancers look at: runtimes, health, readiness, metrics. */
import { healthSchema, readinessSchema, runtimeListSchema } from "@hsr/contract";
import type { Pipeline, Store } from "@hsr/core";
import { wireRuntime, wireTime } from "../wire.ts";
import { type Route, route } from "./route.ts";

export interface StatusPorts {
  readonly pipeline: Pipeline;
  readonly store: Store;
  readonly version: string;
  readonly metrics: { readonly contentType: string; scrape(): Promise<string> };
  readonly metricsAccess: "key" | "open";
}

export function statusRoutes(ports: StatusPorts): readonly Route[] {
  const runtimes = route(
    {
      method: "GET",
      path: "/v1/runtimes",
      operationId: "listRuntimes",
      summary: "List the runtimes of this host",
      description:
        "Every way to isolate that this gateway knows, whether this host can do it (found by running something in it), and what is missing if not.",
      access: "read",
      answers: { 200: { description: "All runtimes.", schema: runtimeListSchema } },
      errors: [],
    },
    async () => ({ items: ports.pipeline.ports.offers.list().map(wireRuntime), next_cursor: null }),
  );

  const health = route(
    {
      method: "GET",
      path: "/health",
      operationId: "health",
      summary: "Whether the gateway lives",
      description:
        "Answers as long as the process does. Says nothing about whether runs can be taken: that is `/ready`.",
      access: "open",
      answers: { 200: { description: "It lives.", schema: healthSchema } },
      errors: [],
    },
    async () => ({ status: "ok", version: ports.version }),
  );

  const ready = route(
    {
      method: "GET",
      path: "/ready",
      operationId: "ready",
      summary: "Whether the gateway takes runs",
      description: "200 when a run would be accepted now, 503 when not, each with what was looked at.",
      access: "open",
      answers: {
        200: { description: "It takes runs.", schema: readinessSchema },
        503: { description: "It does not take runs now.", schema: readinessSchema },
      },
      errors: [],
    },
    async ({ reply }) => {
      const usable = ports.pipeline.ports.offers.current.filter((offer) => offer.available).map((offer) => offer.name);
      const store = await ports.store.status().then(
        ({ quarantined }) => ({
          name: "store",
          ok: true,
          message:
            quarantined === null
              ? "It answers."
              : `It answers. A damaged database was set aside at ${wireTime(quarantined.atMs)}, and this one began empty; the log says where it lies.`,
        }),
        () => ({ name: "store", ok: false, message: "It does not answer." }),
      );
      const checks = [
        store,
        {
          name: "runtimes",
          ok: usable.length > 0,
          message:
            usable.length > 0
              ? `Available: ${usable.join(", ")}.`
              : "No runtime is available; GET /v1/runtimes says why.",
        },
        {
          name: "draining",
          ok: !ports.pipeline.draining,
          message: ports.pipeline.draining ? "The gateway is shutting down." : "The gateway is not shutting down.",
        },
      ];
      const isReady = checks.every((check) => check.ok);
      if (!isReady) reply.code(503);
      return { ready: isReady, checks };
    },
  );

  const metrics = route(
    {
      method: "GET",
      path: "/metrics",
      operationId: "metrics",
      summary: "Metrics for Prometheus",
      description: "Counters and gauges in the text format of Prometheus; docs/metrics.md has the table.",
      access: ports.metricsAccess === "open" ? "open" : "read",
      answers: { 200: { description: "Metrics.", contentType: "text/plain" } },
      errors: [],
    },
    async ({ reply }) => {
      const text = await ports.metrics.scrape();
      await reply.header("content-type", ports.metrics.contentType).send(text);
      return undefined;
    },
  );

  return [runtimes, health, ready, metrics];
}
