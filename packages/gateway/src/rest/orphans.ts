/** Processes in a living sandbox that left their execution: listed, and ended. */
import { killOrphansRequestSchema, type OrphansBody, orphansSchema, orphansSignalledSchema } from "@hsr/contract";
import { orphansOf, signalOrphans } from "@hsr/core";
import { signalNumber } from "./execution-control.ts";
import { type Route, route } from "./route.ts";
import { livingSandbox, type SandboxPorts, sandboxParams } from "./sandboxes.ts";

export function orphanRoutes(ports: SandboxPorts): readonly Route[] {
  const list = route(
    {
      method: "GET",
      path: "/v1/sandboxes/{id}/orphans",
      operationId: "listOrphans",
      summary: "List a sandbox's orphans",
      description:
        "Processes that left their execution by a session of their own, as the sandbox's agent sees them. They count against its limits and die with it. Looking does not keep it awake.",
      access: "read",
      params: sandboxParams,
      answers: { 200: { description: "The orphans.", schema: orphansSchema } },
      errors: ["not_found", "sandbox_not_running", "sandbox_unreachable"],
    },
    async ({ params, caller }) => {
      const { total, processes } = await orphansOf(await livingSandbox(ports, caller, params.id));
      const items = processes.map(({ pid, session }) => ({ pid, session }));
      return { total, items } satisfies OrphansBody;
    },
  );

  const kill = route(
    {
      method: "POST",
      path: "/v1/sandboxes/{id}/orphans/kill",
      operationId: "killOrphans",
      summary: "Send a signal to a sandbox's orphans",
      description:
        "SIGKILL to all of them, unless a signal or pids are named. Programs of executions are never touched.",
      access: "sandboxes",
      params: sandboxParams,
      body: killOrphansRequestSchema,
      answers: { 200: { description: "The signal was sent.", schema: orphansSignalledSchema } },
      errors: ["not_found", "sandbox_not_running", "sandbox_unreachable"],
    },
    async ({ params, body, caller, requestId }) => {
      const sandbox = await livingSandbox(ports, caller, params.id);
      const wish = { signal: signalNumber(body.signal ?? "SIGKILL"), pids: body.pids ?? [] };
      const signalled = await signalOrphans(ports.sandboxes.ports, sandbox, wish, { keyId: caller.keyId, requestId });
      return { signalled };
    },
  );

  return [list, kill];
}
