/** The gateway, put together by hand: constructors, in the order in which things need each other. */
import { join } from "node:path";
import {
  type Clock,
  Offers,
  Pipeline,
  Places,
  type Runtime,
  recover,
  recoverSandboxes,
  Sandboxes,
  SandboxFiles,
  type Volumes,
  Waiting,
} from "@hsr/core";
import { openAgent } from "@hsr/runtimes";
import type { FastifyInstance } from "fastify";
import { createAuth, ensureFirstKey } from "./auth/index.ts";
import { type Config, type ConfigRow, splitListen } from "./config.ts";
import { isAllowed } from "./notify/allowed.ts";
import { startHeartbeat } from "./notify/heartbeat.ts";
import { Webhooks } from "./notify/webhooks.ts";
import type { createLog, PrometheusMetrics } from "./observe/index.ts";
import { ActivePolicy } from "./policy/active.ts";
import { watchFile } from "./policy/watch.ts";
import { openPortDoor, type PortDoor } from "./ports/door.ts";
import { PortTokens } from "./ports/token.ts";
import { docsRoutes } from "./rest/docs.ts";
import { allRoutes } from "./rest/routes.ts";
import { createServer } from "./rest/server.ts";
import { Terminals } from "./rest/terminals.ts";
import { ruleSettings } from "./rules.ts";
import { FileSpool } from "./spool/file-spool.ts";
import { LogFolder } from "./spool/log-files.ts";
import { measureStore, openSqliteStore, startUpkeep } from "./store/index.ts";
import { version } from "./version.ts";
import { type Analyzer, startAnalyzer } from "./workers/analyzer.ts";
import { analyzerRules } from "./workers/rules.ts";

export interface GatewayParts {
  readonly config: Config;
  /** The configuration as administrators see it. */
  readonly configRows: readonly ConfigRow[];
  readonly runtimes: readonly Runtime[];
  readonly volumes: Volumes;
  readonly log: ReturnType<typeof createLog>;
  readonly metrics: PrometheusMetrics;
  /** The database turned out to be damaged: the gateway must end and start anew. */
  onDamage(reason: string): void;
}

export interface Gateway {
  /** Where it listens, as `http://127.0.0.1:3000`. */
  readonly url: string;
  /** Looks at the policy's file at once. Never rejects: a file with mistakes leaves what is in force. */
  reloadPolicy(): Promise<void>;
  /** Refuses what is new, waits for what runs, at most so long, and lets go of everything. */
  stop(drainMs: number): Promise<void>;
}

/** How often `stop` looks whether everything has ended. */
const drainLookMs = 20;

/** How soon a runtime that is not available is tried again: a launcher that restarts is back after a second. */
const probeMissingMs = 2000;

const clock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

/** Starts a gateway. Resolves when it listens, has taken up what an earlier one left, and knows its runtimes. */
export async function startGateway(parts: GatewayParts): Promise<Gateway> {
  const { config, log, metrics } = parts;
  const store = await openSqliteStore({
    directory: config.data.dir,
    synchronous: config.store.synchronous,
    listen: config.server.listen,
    nowMs: clock.now(),
    log,
    metrics,
    onDamage: (reason) => parts.onDamage(reason),
  });
  let analyzer: Analyzer | null = null;
  try {
    await ensureFirstKey(store, config.data.dir, clock, log);
    const policy = await ActivePolicy.open({
      store,
      clock,
      log,
      metrics,
      settings: ruleSettings(config),
      file: config.policy.file,
    });
    analyzer = startAnalyzer({
      rules: analyzerRules(config.analyze.rules),
      processes: config.analyze.processes,
      deadlineMs: config.analyze.deadlineMs,
      mostBytes: config.analyze.maxBytes,
      cacheEntries: config.analyze.cacheEntries,
      log,
      metrics,
    });
    const pipeline = new Pipeline({
      store,
      spool: await FileSpool.open(join(config.data.dir, "spool")),
      offers: new Offers(parts.runtimes, log, metrics),
      places: new Places({
        concurrency: config.runs.concurrency,
        starts: config.runs.startingConcurrency,
        queue: config.runs.queueLength,
        tenantConcurrency: config.tenant.concurrency,
        tenantQueue: config.tenant.queueLength,
      }),
      analyze: analyzer.analyze,
      openAgent,
      get rules() {
        return policy.rules;
      },
      queueWaitMs: config.runs.queueWaitMs,
      waiting: new Waiting(config.approvals, clock),
      approvalDeadlineMs: config.approvals.deadlineMs,
      clock,
      log,
      metrics,
    });
    const sandboxes = livingSandboxes(config, pipeline);
    await pipeline.ports.offers.probe();
    await recoverSandboxes(sandboxes);
    await recover(pipeline, () => sandboxes.all().map(({ id }) => id));
    const { allowedHosts } = config.webhooks;
    const allows = (address: string) => isAllowed(new URL(address), allowedHosts);
    const webhooks = new Webhooks({ store, clock, log, metrics, allows });
    await webhooks.start();
    const stopHeartbeat = startHeartbeat(config.heartbeat, { pipeline, sandboxes, version, clock, log, metrics });
    const upkeep = startUpkeep(store, config, { clock, log, metrics });
    const stopProbing = keepProbing(pipeline.ports.offers, config.runtimes.probeIntervalMs);
    let leaving = false;
    const stopWatching = watchFile(config.policy.file, () => policy.reload());
    const tokens = PortTokens.open(config.data.dir);
    const portDoor = await openPortDoor(config, { sandboxes, tokens, clock, log, metrics });
    const app = door(parts, { pipeline, sandboxes, policy, webhooks, tokens, portDoor }, () => leaving);
    const { host, port } = splitListen(config.server.listen);
    const url = await app.listen({ host, port });
    await audit("gateway.started");
    log.info(
      {
        url,
        runtimes: pipeline.ports.offers.current.map((offer) => ({ name: offer.name, available: offer.available })),
      },
      "listening",
    );

    async function audit(type: "gateway.started" | "gateway.stopped"): Promise<void> {
      await store.audit.append({
        timeMs: clock.now(),
        type,
        tenant: "default",
        subject: "gateway",
        requestId: null,
        data: { version, policy: policy.rules.digest },
      });
    }

    return {
      url,
      reloadPolicy: () => policy.reload(),
      stop: async (drainMs) => {
        pipeline.drain();
        sandboxes.drain();
        stopProbing();
        stopWatching();
        const until = clock.monotonic() + drainMs;
        const isAwaited = () => sandboxes.isAwaited || pipeline.live.all().some((run) => !run.detached);
        while (isAwaited() && clock.monotonic() < until) {
          await new Promise((resolve) => setTimeout(resolve, drainLookMs));
        }
        leaving = true;
        await audit("gateway.stopped");
        stopHeartbeat();
        await portDoor.close();
        await webhooks.close();
        app.server.closeAllConnections();
        await app.close();
        await upkeep.close();
        await analyzer?.close();
        await store.close();
      },
    };
  } catch (thrown) {
    await analyzer?.close();
    await store.close();
    throw thrown;
  }
}

/** Tries the runtimes again and again until the returned function is called. What is missing may be back any moment. */
function keepProbing(offers: Offers, intervalMs: number): () => void {
  let timer: NodeJS.Timeout;
  let stopped = false;
  const later = () => {
    if (stopped) return;
    const isWhole = offers.current.every((offer) => offer.available);
    timer = setTimeout(
      () => {
        // It never rejects.
        void offers.probe().then(later);
      },
      isWhole ? intervalMs : Math.min(intervalMs, probeMissingMs),
    );
  };
  later();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

function livingSandboxes(config: Config, pipeline: Pipeline): Sandboxes {
  const { concurrency, tenantConcurrency } = config.sandboxes;
  const { ports } = pipeline;
  return new Sandboxes({
    ...ports,
    // Asked for each time: the rules that hold now may not be those of the start.
    get rules() {
      return ports.rules;
    },
    logFiles: new LogFolder(join(config.data.dir, "spool")),
    places: new Places({
      concurrency,
      starts: config.runs.startingConcurrency,
      queue: config.runs.queueLength,
      tenantConcurrency,
      tenantQueue: config.tenant.queueLength,
    }),
    sandboxRules: {
      ttlMs: config.sandboxes.ttlMs,
      mostTtlMs: config.sandboxes.maxTtlMs,
      idleTimeoutMs: config.sandboxes.idleTimeoutMs,
    },
  });
}

/** What the doors lead to. */
interface Doors {
  readonly pipeline: Pipeline;
  readonly sandboxes: Sandboxes;
  readonly policy: ActivePolicy;
  readonly webhooks: Webhooks;
  readonly tokens: PortTokens;
  readonly portDoor: PortDoor;
}

function door(
  parts: GatewayParts,
  { pipeline, sandboxes, policy, webhooks, tokens, portDoor }: Doors,
  leaving: () => boolean,
): FastifyInstance {
  const { config, log, metrics } = parts;
  const { store } = pipeline.ports;
  const auth = createAuth({
    store,
    clock,
    log,
    metrics,
    requestsPerMinute: config.tenant.requestsPerMinute,
    unsafeNoKeys: config.auth.unsafeNoKeys,
  });
  const files = new SandboxFiles({ received: store.received, clock });
  const guarded = {
    listenHost: splitListen(config.server.listen).host,
    allowedHosts: config.server.allowedHosts,
    allowedOrigins: config.server.allowedOrigins,
  };
  const terminals = new Terminals({
    sandboxes,
    store,
    log,
    metrics,
    guard: guarded,
    authenticate: async (authorization, scope, requestId) => {
      const principal = await auth.authenticate(authorization, requestId);
      auth.demand(principal, scope, requestId);
      return principal;
    },
    isStillValid: (caller) => auth.isStillValid(caller),
  });
  const routes = allRoutes({
    pipeline,
    sandboxes,
    store,
    files,
    policy,
    webhooks,
    tokens,
    clock,
    log,
    metrics,
    version,
    leaving,
    address: () => portDoor.address,
    volumes: parts.volumes,
    quota: { tenantBytes: config.volumes.tenantBytes, tenantVolumes: config.volumes.tenantCount },
    allowedHosts: config.webhooks.allowedHosts,
    bounds: config.limits,
    settings: ruleSettings(config),
    configRows: parts.configRows,
    metricsAccess: config.metrics.access,
  });
  metrics.beforeScrape(async () => {
    const { living, waiting } = pipeline.ports.places.counts;
    metrics.set("hsr_queue_length", {}, waiting);
    metrics.set("hsr_living_sandboxes", {}, sandboxes.all().length);
    for (const offer of pipeline.ports.offers.current)
      metrics.set(
        "hsr_sandboxes",
        { runtime: offer.name },
        pipeline.ports.offers.current.length === 1
          ? living
          : pipeline.live.all().filter((run) => run.decision.runtime === offer.name).length,
      );
    await measureStore(store, metrics);
  });
  return createServer(
    [...routes, ...docsRoutes(routes, version)],
    {
      ...guarded,
      bodyLimitBytes: config.server.bodyLimitBytes,
      connections: config.server.connections,
      headersTimeoutMs: config.server.headersTimeoutMs,
      requestTimeoutMs: config.server.requestTimeoutMs,
      keepAliveTimeoutMs: config.server.keepAliveTimeoutMs,
    },
    {
      log,
      metrics,
      terminals,
      authenticate: async (request, route) => {
        const principal = await auth.authenticate(request.headers.authorization, request.id);
        if (route.access !== "open") auth.demand(principal, route.access, request.id);
        return principal;
      },
      isStillValid: (caller) => auth.isStillValid(caller),
    },
  );
}
