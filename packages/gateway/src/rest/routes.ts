/** The table of routes: everything that the REST door has, in one list. */

import type { ConfigRow } from "../config.ts";
import { analyzeRoutes } from "./analyze.ts";
import { type ApprovalPorts, approvalRoutes } from "./approvals.ts";
import { archiveRoutes } from "./archives.ts";
import { configRoutes } from "./config.ts";
import { type EventPorts, eventRoutes } from "./events.ts";
import { executionControlRoutes } from "./execution-control.ts";
import { type ExecutionPorts, executionRoutes } from "./executions.ts";
import { fileWatchRoutes, type WatchPorts } from "./file-watch.ts";
import { fileRoutes } from "./files.ts";
import { type KeyPorts, keyRoutes } from "./keys.ts";
import { type LogPorts, logRoutes } from "./logs.ts";
import { orphanRoutes } from "./orphans.ts";
import { policyRoutes } from "./policy.ts";
import { type TrialPorts, trialRoutes } from "./policy-trials.ts";
import { type PortRoutePorts, portRoutes } from "./ports.ts";
import type { Route } from "./route.ts";
import { type RunPorts, runRoutes } from "./runs.ts";
import { sandboxRoutes } from "./sandboxes.ts";
import { type StatusPorts, statusRoutes } from "./status.ts";
import { terminalRoute } from "./terminals.ts";
import { type VolumeRoutePorts, volumeRoutes } from "./volumes.ts";
import { type WebhookRoutePorts, webhookRoutes } from "./webhooks.ts";

/** What stands behind the routes, all of it. */
export type RoutePorts = ApprovalPorts &
  EventPorts &
  ExecutionPorts &
  WatchPorts &
  KeyPorts &
  LogPorts &
  PortRoutePorts &
  RunPorts &
  StatusPorts &
  TrialPorts &
  VolumeRoutePorts &
  WebhookRoutePorts & { readonly configRows: readonly ConfigRow[] };

/** Every route but those that describe the others. Nothing behind them is touched before a request comes. */
export function allRoutes(ports: RoutePorts): readonly Route[] {
  return [
    ...runRoutes(ports),
    ...sandboxRoutes(ports),
    ...portRoutes(ports),
    ...volumeRoutes(ports),
    ...eventRoutes(ports),
    ...webhookRoutes(ports),
    ...executionRoutes(ports),
    ...logRoutes(ports),
    ...executionControlRoutes(ports),
    ...orphanRoutes(ports),
    ...fileRoutes(ports),
    ...archiveRoutes(ports),
    ...fileWatchRoutes(ports),
    terminalRoute,
    ...keyRoutes(ports),
    ...analyzeRoutes(ports),
    ...policyRoutes(ports),
    ...trialRoutes(ports),
    ...approvalRoutes(ports),
    ...configRoutes(ports.configRows),
    ...statusRoutes(ports),
  ];
}
