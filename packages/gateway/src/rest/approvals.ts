/** Approvals: what waits for a person, what it would do, and the answer. Runs, sandboxes and executions alike. */
import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import {
  answeredSchema,
  approvalIdSchema,
  approvalListSchema,
  denyRequestSchema,
  type ExecutionSummary,
  type HeldBody,
  HsrError,
  heldSchema,
  isId,
  type Run,
  type RunSummary,
  type Sandbox,
} from "@hsr/contract";
import {
  type Answer,
  decodeHeld,
  decodeInput,
  type ExecutionId,
  type LiveExecution,
  type LiveRun,
  type LiveSandbox,
  type MountSpec,
  type Pipeline,
  type Program,
  type RunId,
  type Sandboxes,
  type SandboxId,
  type Store,
} from "@hsr/core";
import Type from "typebox";
import { visibleTenant } from "../auth/index.ts";
import { wireExecution, wireExecutionSummary, wireSandbox } from "../living-wire.ts";
import { decodeCursor, encodeCursor } from "../store/cursor.ts";
import { wireRun, wireSummary } from "../wire.ts";
import { pageOf, pageQuery } from "./page.ts";
import { type Caller, type Route, route } from "./route.ts";

export interface ApprovalPorts {
  readonly pipeline: Pipeline;
  readonly sandboxes: Sandboxes;
  readonly store: Store;
}

/** One of the three, as long as it lives. */
type Live =
  | { readonly kind: "run"; readonly it: LiveRun }
  | { readonly kind: "sandbox"; readonly it: LiveSandbox }
  | { readonly kind: "execution"; readonly it: LiveExecution };

const params = Type.Object({ id: approvalIdSchema }, { additionalProperties: false });

export function approvalRoutes({ pipeline, sandboxes, store }: ApprovalPorts): readonly Route[] {
  /** Everything of a tenant, or of all, that waits. It is little: each tenant's share is bounded. */
  function waiting(tenant: string | null): readonly Live[] {
    const isMine = (one: { readonly tenant: string }) => tenant === null || one.tenant === tenant;
    return [
      ...pipeline.live.all().map((it) => ({ kind: "run", it }) as const),
      ...sandboxes.all().map((it) => ({ kind: "sandbox", it }) as const),
      ...sandboxes
        .all()
        .flatMap((sandbox) => [...sandbox.executions.values()].map((it) => ({ kind: "execution", it }) as const)),
    ].filter((one) => isMine(one.it) && isHeld(one));
  }

  function find(caller: Caller, id: string): Live {
    const tenant = visibleTenant(caller);
    const isMine = (one: { readonly tenant: string } | null | undefined) =>
      one != null && (tenant === null || one.tenant === tenant);
    if (isId("run", id)) {
      const it = pipeline.live.of(tenant, id as RunId);
      if (it !== null) return { kind: "run", it };
    } else if (isId("sandbox", id)) {
      const it = sandboxes.of(tenant, id as SandboxId);
      if (it !== null) return { kind: "sandbox", it };
    } else {
      for (const { executions } of sandboxes.all()) {
        const it = executions.get(id as ExecutionId);
        if (it !== undefined && isMine(it)) return { kind: "execution", it };
      }
    }
    throw new HsrError("not_found");
  }

  function held(caller: Caller, id: string): Live {
    const found = find(caller, id);
    if (!isHeld(found)) throw new HsrError("not_held", { details: { state: found.it.record.state } });
    return found;
  }

  async function describe(live: Live): Promise<HeldBody> {
    switch (live.kind) {
      case "run": {
        const { input, wishes } = decodeInput(inStore(await store.runs.input(live.it.id)));
        return {
          ...nothing,
          run: wireSummary(live.it.record),
          ...wireProgram(input.program),
          files: input.files.map(({ path, content, mode }) => ({
            path,
            bytes: content.length,
            mode,
            sha256: createHash("sha256").update(content).digest("hex"),
          })),
          environment: Object.keys(input.environment),
          stdin_bytes: input.stdin?.length ?? null,
          mounts: (wishes.mounts ?? []).map(wireMount),
        };
      }
      case "sandbox": {
        const { wishes } = decodeHeld(inStore(await store.sandboxes.held(live.it.id)), "sandbox");
        return {
          ...nothing,
          sandbox: wireSandbox(live.it.record),
          environment: Object.keys(live.it.record.environment),
          mounts: (wishes.mounts ?? []).map(wireMount),
        };
      }
      case "execution": {
        const { action, files } = decodeHeld(inStore(await store.executions.held(live.it.id)), "execution");
        return {
          ...nothing,
          execution: wireExecutionSummary(live.it.record, live.it),
          ...wireProgram(action.program),
          files: files.map((file) => ({ ...file })),
          environment: Object.keys(action.environment),
          stdin_bytes: action.stdin === null || action.stdin === "open" ? null : action.stdin.length,
        };
      }
    }
  }

  const list = route(
    {
      method: "GET",
      path: "/v1/approvals",
      operationId: "listApprovals",
      summary: "List what waits for an approval",
      description:
        "The tenant's held runs, sandboxes and executions, newest first. An administrator sees every tenant's.",
      access: "approve",
      query: pageQuery,
      answers: { 200: { description: "A page of what is held.", schema: approvalListSchema } },
      errors: [],
    },
    async ({ query, caller }) => {
      const { limit, cursor } = pageOf(query);
      const after = cursor === null ? null : decodeCursor("approval", cursor);
      if (cursor !== null && after === null)
        throw new HsrError("invalid_request", { field: "cursor", message: "This cursor is not one of ours." });
      const all = waiting(visibleTenant(caller))
        .map((live) => ({ live, at: live.it.record.createdAtMs, id: live.it.record.id as string }))
        .sort((one, other) => other.at - one.at || (one.id < other.id ? 1 : -1))
        .filter(({ at, id }) => after === null || at < after.at || (at === after.at && id < after.id));
      const page = all.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map(({ live }) => wireItem(live)),
        next_cursor: last === undefined || all.length <= limit ? null : encodeCursor("approval", last),
      };
    },
  );

  const get = route(
    {
      method: "GET",
      path: "/v1/approvals/{id}",
      operationId: "getApproval",
      summary: "Get what waits for an approval with what it would do",
      description:
        "The code or command line of a run or an execution that waits for an approval, its files by their digests, a sandbox with its limits and mounts, and why it is held.",
      access: "approve",
      params,
      answers: { 200: { description: "What is held.", schema: heldSchema } },
      errors: ["not_found", "not_held"],
    },
    async ({ params: { id }, caller }) => await describe(held(caller, id)),
  );

  async function answer(caller: Caller, id: string, given: Answer): Promise<Run | Sandbox | ExecutionSummary> {
    const live = held(caller, id);
    if (!(await pipeline.ports.waiting.answer(id, given)))
      throw new HsrError("not_held", { details: { state: live.it.record.state } });
    switch (live.kind) {
      case "run":
        return wireRun(live.it.record, null, null);
      case "sandbox":
        return wireSandbox(live.it.record);
      case "execution":
        return wireExecution(live.it.record, live.it, null);
    }
  }

  const approve = route(
    {
      method: "POST",
      path: "/v1/approvals/{id}/approve",
      operationId: "approve",
      summary: "Approve what is held",
      description:
        "Lets it go on. It is decided about once more by the rules of now, and gets no less isolation than when it was held. An execution that would not find the files that it was asked about ends with `approval_void`.",
      access: "approve",
      params,
      answers: { 200: { description: "It as it is now.", schema: answeredSchema } },
      errors: ["not_found", "not_held"],
    },
    ({ params: { id }, caller, requestId }) =>
      answer(caller, id, { kind: "approve", by: { keyId: caller.keyId, requestId } }),
  );

  const deny = route(
    {
      method: "POST",
      path: "/v1/approvals/{id}/deny",
      operationId: "deny",
      summary: "Deny what is held",
      description: "Ends it with the reason `denied`. Nothing of it was started.",
      access: "approve",
      params,
      body: denyRequestSchema,
      answers: { 200: { description: "It has ended.", schema: answeredSchema } },
      errors: ["not_found", "not_held"],
    },
    ({ params: { id }, body, caller, requestId }) =>
      answer(caller, id, { kind: "deny", by: { keyId: caller.keyId, requestId }, reason: body.reason }),
  );

  return [list, get, approve, deny];
}

const nothing: HeldBody = {
  run: null,
  sandbox: null,
  execution: null,
  code: null,
  argv: null,
  args: [],
  files: [],
  environment: [],
  stdin_bytes: null,
  mounts: [],
};

function isHeld(live: Live): boolean {
  return live.kind === "sandbox" ? live.it.isHeld && live.it.stopCause === null : live.it.record.state === "held";
}

function inStore(bytes: Uint8Array | null): Uint8Array {
  if (bytes === null) throw new HsrError("not_found");
  return bytes;
}

function wireItem(live: Live): RunSummary | Sandbox | ExecutionSummary {
  switch (live.kind) {
    case "run":
      return wireSummary(live.it.record);
    case "sandbox":
      return wireSandbox(live.it.record);
    case "execution":
      return wireExecutionSummary(live.it.record, live.it);
  }
}

function wireProgram(program: Program): Pick<HeldBody, "code" | "argv" | "args"> {
  const code = program.kind === "code" ? Buffer.from(program.code) : null;
  return {
    code: code !== null && isUtf8(code) ? code.toString("utf8") : null,
    argv: program.kind === "argv" ? [...program.argv] : null,
    args: program.kind === "code" ? [...program.args] : [],
  };
}

function wireMount({ kind, name, subPath, target, access }: MountSpec): HeldBody["mounts"][number] {
  return {
    [kind]: name,
    ...(subPath === "" ? {} : { sub_path: subPath }),
    destination: target,
    read_only: access === "ro",
  };
}
