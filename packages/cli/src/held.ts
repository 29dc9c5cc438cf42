/** What is said and done where a person has to agree first. */
import type { ApprovalBody, ExecutionEvent, Sandbox } from "@hsr/contract";
import { type Client, Refusal } from "./client.ts";
import type { Context } from "./context.ts";
import { sandboxPath } from "./sandbox-name.ts";
import { visible } from "./terminal.ts";

/** How long one question for the end of the wait is; then it is asked again. */
const WAIT_MS = 60_000;

/** Says what waits, for whom, and how it goes on. */
export async function sayHeld(context: Context, id: string, approval: ApprovalBody | null | undefined): Promise<void> {
  const message = approval?.message ?? "";
  await context.writeError(
    `hsrctl: ${id} waits for an approval${message === "" ? "" : `: ${visible(message)}`}\n  ${approval?.rule ?? ""} wants it; it is given with: hsrctl approvals approve ${id}\n`,
  );
}

/** The sandbox when it runs. Throws what ended it instead. */
export async function sandboxUp(client: Client, id: string): Promise<Sandbox> {
  for (;;) {
    const sandbox = await client.json<Sandbox>(sandboxPath(id, `?wait_ms=${WAIT_MS}`));
    if (sandbox.error !== null) throw new Refusal({ ...sandbox.error, request_id: "" }, 403);
    if (sandbox.state !== "pending" && sandbox.state !== "starting") return sandbox;
  }
}

/** Resolves when an execution that was held is started, or has ended without. */
export async function executionBegun(client: Client, sandboxId: string, id: string): Promise<void> {
  const path = sandboxPath(sandboxId, `/executions/${id}/logs?follow=true`);
  const { events } = await client.events(path);
  for await (const { data } of events) if ((JSON.parse(data) as ExecutionEvent).type !== "execution.held") return;
}
