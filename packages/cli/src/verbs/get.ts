/** `hsrctl get`: all about one sandbox. */
import type { Sandbox, SandboxStatus } from "@hsr/contract";
import { Command } from "commander";
import type { Context } from "../context.ts";
import { findSandbox, sandboxPath } from "../sandbox-name.ts";
import { facts, json } from "../terminal.ts";
import { showAge, showBytes, showDuration } from "../units.ts";
import { sandboxOutcome, showLeft } from "../words.ts";

export function getCommand(context: Context): Command {
  return new Command("get")
    .description("Show a sandbox: where it stands, its limits, and what was decided about it and why")
    .argument("<sandbox>", "its id or its name")
    .option("--json", "print the sandbox as JSON")
    .action(async (said: string, flags: { readonly json?: boolean }) => {
      const client = context.client();
      const { id } = await findSandbox(client, said, "ended");
      const sandbox = await client.json<Sandbox>(sandboxPath(id));
      if (flags.json) return context.write(`${json(sandbox, 2)}\n`);
      const status = await client.json<SandboxStatus>(sandboxPath(id, "/status"));
      await context.write(facts(describe(sandbox, status)));
    });
}

function describe(sandbox: Sandbox, status: SandboxStatus): readonly (readonly [string, string])[] {
  const { limits, decision, usage, error } = sandbox;
  const now = Date.now();
  const isOver = sandbox.ended_at !== null;
  const rows: [string, string][] = [
    ["id", sandbox.id],
    ["name", sandbox.name ?? "-"],
    ["state", isOver ? `${sandbox.state}: ${sandboxOutcome(sandbox)}` : sandbox.state],
    ["created", sandbox.created_at],
    ["started", sandbox.started_at ?? "-"],
  ];
  if (isOver) rows.push(["ended", sandbox.ended_at ?? "-"]);
  else {
    rows.push([
      "expires",
      `${sandbox.expires_at ?? "-"}${sandbox.expires_at === null ? "" : ` (in ${showLeft(sandbox.expires_at, now)})`}`,
    ]);
    const idle = status.idle_since === null ? "" : `, idle for ${showAge(now - Date.parse(status.idle_since))}`;
    rows.push(["programs", `${status.executions} running${idle}`]);
  }
  if (sandbox.idle_timeout_ms > 0) rows.push(["idle limit", showDuration(sandbox.idle_timeout_ms)]);
  rows.push(
    ["memory", showBytes(limits.memory_limit)],
    ["disk", showBytes(limits.disk_limit_bytes)],
    ["cores", String(limits.cpu_limit)],
    ["processes", String(limits.pids_limit)],
  );
  if (sandbox.unenforced.length > 0) rows.push(["not enforced", sandbox.unenforced.join(", ")]);
  if (sandbox.allow.length > 0) rows.push(["allows", sandbox.allow.join(", ")]);
  if (usage !== null) {
    if (usage.cpu_ms !== null) rows.push(["cpu time", showDuration(usage.cpu_ms)]);
    if (usage.memory_peak_bytes !== null) rows.push(["memory peak", showBytes(usage.memory_peak_bytes)]);
  }
  rows.push(["runtime", `${decision.runtime}, level ${decision.level}`], ["rule", decision.rule]);
  for (const reason of decision.reasons) rows.push(["because", reason]);
  if (error !== null) rows.push(["error", error.message], ["what to do", error.hint]);
  for (const [name, value] of Object.entries(sandbox.labels)) rows.push([`label ${name}`, value]);
  return rows;
}
