/** From an address to the execution that it names. */
import { HsrError, idPattern } from "@hsr/contract";
import type { ExecutionId, ExecutionRecord, LiveExecution, SandboxId } from "@hsr/core";
import Type from "typebox";
import { visibleTenant } from "../auth/index.ts";
import type { Caller } from "./route.ts";
import { type SandboxPorts, sandboxParams } from "./sandboxes.ts";

/** An execution as it was found: `live` is `null` when it had finished by then. */
export interface FoundExecution {
  readonly record: ExecutionRecord;
  readonly live: LiveExecution | null;
}

/** The parts of an address that name an execution. */
export const executionParams = Type.Object(
  {
    ...sandboxParams.properties,
    execution: Type.String({ pattern: idPattern("execution"), description: "The execution's id." }),
  },
  { additionalProperties: false },
);

/** The execution as it is now; foreign ones do not exist. */
export async function findExecution(
  ports: SandboxPorts,
  caller: Caller,
  params: { readonly id: string; readonly execution: string },
): Promise<FoundExecution> {
  const tenant = visibleTenant(caller);
  const id = params.execution as ExecutionId;
  const live = ports.sandboxes.of(tenant, params.id as SandboxId)?.executions.get(id) ?? null;
  const record = live?.record ?? (await ports.store.executions.get(tenant, params.id as SandboxId, id));
  if (record === null) throw new HsrError("not_found");
  return { record, live };
}
