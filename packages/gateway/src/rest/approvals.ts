/** Approvals: what waits for a person, what it would do, and the answer. */
import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import {
  denyRequestSchema,
  type HeldRunBody,
  HsrError,
  heldRunSchema,
  idPattern,
  runListSchema,
  runSchema,
} from "@hsr/contract";
import {
  type Answer,
  decodeInput,
  type LiveRun,
  type Pipeline,
  type RunId,
  type RunInput,
  type Store,
} from "@hsr/core";
import Type from "typebox";
import { visibleTenant } from "../auth/index.ts";
import { wireRun, wireSummary } from "../wire.ts";
import { pageFrom, pageOf, pageQuery } from "./page.ts";
import { type Caller, type Route, route } from "./route.ts";

export interface ApprovalPorts {
  readonly pipeline: Pipeline;
  readonly store: Store;
}

const params = Type.Object(
  { id: Type.String({ pattern: idPattern("run"), description: "The run's id." }) },
  { additionalProperties: false },
);

export function approvalRoutes({ pipeline, store }: ApprovalPorts): readonly Route[] {
  function held(caller: Caller, id: string): LiveRun {
    const run = pipeline.live.of(visibleTenant(caller), id as RunId);
    if (run === null) throw new HsrError("not_found");
    if (run.record.state !== "held") throw new HsrError("not_held", { details: { state: run.record.state } });
    return run;
  }

  const list = route(
    {
      method: "GET",
      path: "/v1/approvals",
      operationId: "listApprovals",
      summary: "List runs that wait for an approval",
      description: "The tenant's held runs, newest first. An administrator sees every tenant's.",
      access: "approve",
      query: pageQuery,
      answers: { 200: { description: "A page of held runs.", schema: runListSchema } },
      errors: [],
    },
    async ({ query, caller }) => {
      const { limit, cursor } = pageOf(query);
      const filter = { tenant: visibleTenant(caller), states: ["held"] as const };
      const page = pageFrom(await store.runs.list(filter, limit, cursor));
      return { items: page.items.map((record) => wireSummary(record)), next_cursor: page.nextCursor };
    },
  );

  const get = route(
    {
      method: "GET",
      path: "/v1/approvals/{id}",
      operationId: "getApproval",
      summary: "Get a held run with what it would do",
      description:
        "The code or command line of a run that waits for an approval, its files by their digests, and why it is held.",
      access: "approve",
      params,
      answers: { 200: { description: "The held run.", schema: heldRunSchema } },
      errors: ["not_found", "not_held"],
    },
    async ({ params: { id }, caller }) => {
      const run = held(caller, id);
      const bytes = await store.runs.input(run.id);
      if (bytes === null) throw new HsrError("not_found");
      return { run: wireSummary(run.record), ...wireInput(decodeInput(bytes).input) };
    },
  );

  async function answer(caller: Caller, id: string, given: Answer): Promise<LiveRun> {
    const run = held(caller, id);
    pipeline.approvals.answer(run, given);
    await new Promise<void>((resolve) => {
      const unwatch = run.watch(() => {
        if (run.record.state === "held") return;
        unwatch();
        resolve();
      });
    });
    return run;
  }

  const approve = route(
    {
      method: "POST",
      path: "/v1/approvals/{id}/approve",
      operationId: "approveRun",
      summary: "Approve a held run",
      description:
        "Lets the run go on. It is decided about once more by the rules of now, and gets no less isolation than when it was held.",
      access: "approve",
      params,
      answers: { 200: { description: "The run as it is now.", schema: runSchema } },
      errors: ["not_found", "not_held"],
    },
    async ({ params: { id }, caller, requestId }) => {
      const run = await answer(caller, id, { kind: "approve", by: { keyId: caller.keyId, requestId } });
      return wireRun(run.record, null, null);
    },
  );

  const deny = route(
    {
      method: "POST",
      path: "/v1/approvals/{id}/deny",
      operationId: "denyRun",
      summary: "Deny a held run",
      description: "Ends the run with the reason `denied`. Nothing of it was started.",
      access: "approve",
      params,
      body: denyRequestSchema,
      answers: { 200: { description: "The run, finished.", schema: runSchema } },
      errors: ["not_found", "not_held"],
    },
    async ({ params: { id }, body, caller, requestId }) => {
      const by = { keyId: caller.keyId, requestId };
      const run = await answer(caller, id, { kind: "deny", by, reason: body.reason });
      return wireRun(run.record, null, null);
    },
  );

  return [list, get, approve, deny];
}

function wireInput({ program, files, environment, stdin }: RunInput): Omit<HeldRunBody, "run"> {
  const code = program.kind === "code" ? Buffer.from(program.code) : null;
  return {
    code: code !== null && isUtf8(code) ? code.toString("utf8") : null,
    argv: program.kind === "argv" ? [...program.argv] : null,
    args: program.kind === "code" ? [...program.args] : [],
    files: files.map(({ path, content, mode }) => ({
      path,
      bytes: content.length,
      mode,
      sha256: createHash("sha256").update(content).digest("hex"),
    })),
    environment: Object.keys(environment),
    stdin_bytes: stdin?.length ?? null,
  };
}
