/** Living sandboxes in tests: made, used and ended over REST, with the answers' types. */
import type { ErrorBody, Execution, Sandbox } from "@hsr/contract";
import type { Answer, RunningGateway } from "./gateway.ts";

export interface LivingCalls {
  /** Makes one and waits until it runs; throws with the answer if it does not. */
  create(body?: object): Promise<Sandbox>;
  exec(sandbox: Sandbox, body: object): Promise<Answer<Execution & ErrorBody>>;
  /** Starts one in the background; throws with the answer if it does not run. */
  background(sandbox: Sandbox, body: object): Promise<Execution>;
  /** Where an execution is found. */
  path(execution: Execution, rest?: string): string;
  /** The execution when it has finished. */
  finished(execution: Execution): Promise<Execution>;
  remove(sandbox: Sandbox): Promise<Answer<Sandbox>>;
}

export function livingCalls(gateway: RunningGateway): LivingCalls {
  const calls: LivingCalls = {
    create: async (body = {}) => {
      const answer = await gateway.call<Sandbox>("POST", "/v1/sandboxes", body);
      if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
      return answer.body;
    },
    exec: (sandbox, body) => gateway.call("POST", `/v1/sandboxes/${sandbox.id}/exec`, body),
    background: async (sandbox, body) => {
      const answer = await calls.exec(sandbox, { background: true, ...body });
      if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
      return answer.body;
    },
    path: (execution, rest = "") => `/v1/sandboxes/${execution.sandbox_id}/executions/${execution.id}${rest}`,
    finished: async (execution) =>
      (await gateway.call<Execution>("GET", `${calls.path(execution)}?wait_ms=20000`)).body,
    remove: (sandbox) => gateway.call("DELETE", `/v1/sandboxes/${sandbox.id}`),
  };
  return calls;
}
