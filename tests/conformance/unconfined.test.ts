/** The conformance suite without walls: what it shows of the agent and its client holds for every runtime. */
import { agentPath } from "@hsr/runtimes/agent/testing";
import { conformance } from "@hsr/runtimes/suite";
import { type UnconfinedRuntime, unconfined } from "@hsr/runtimes/unconfined";

conformance({
  name: "unconfined",
  start: async () => unconfined({ agent: agentPath }),
  stop: async () => undefined,
  workspaceOf: (runtime, id) => (runtime as UnconfinedRuntime).workspaceOf(id),
});
