/** `hsrctl approvals`: runs that wait for a person, and the answer. */
import type { HeldRunBody, Run, RunList, RunSummary } from "@hsr/contract";
import { Command } from "commander";
import type { Context } from "../context.ts";
import { facts, json, table, visible, visibleLines } from "../terminal.ts";
import { showAge, showBytes } from "../units.ts";

const pathOf = (id: string): string => `/v1/approvals/${encodeURIComponent(id)}`;

function listCommand(context: Context): Command {
  return new Command("ls")
    .alias("list")
    .description("List runs that wait for an approval")
    .option("--json", "print JSON")
    .action(async (flags: { readonly json?: boolean }) => {
      const found: RunSummary[] = [];
      let cursor: string | null = null;
      do {
        const page: RunList = await context
          .client()
          .json<RunList>(cursor === null ? "/v1/approvals" : `/v1/approvals?cursor=${encodeURIComponent(cursor)}`);
        found.push(...page.items);
        cursor = page.next_cursor;
      } while (cursor !== null);
      if (flags.json) return context.write(`${json(found, 2)}\n`);
      const now = Date.now();
      const rows = found.map((run) => [
        run.id,
        run.language ?? "argv",
        run.risk.analyzed ? `${run.risk.level} (${run.risk.score})` : "not analyzed",
        run.decision?.approval?.rule ?? "",
        showAge(now - Date.parse(run.created_at)),
        run.decision?.approval ? `in ${showAge(Date.parse(run.decision.approval.deadline) - now)}` : "",
        run.decision?.approval?.message ?? "",
      ]);
      await context.write(
        table(["ID", "WHAT", "RISK", "RULE", "AGE", "DENIED", "MESSAGE"], rows, (cell) => cell, context.columns),
      );
    });
}

function getCommand(context: Context): Command {
  return new Command("get")
    .description("Show a held run: why it is held, and what it would do")
    .argument("<id>")
    .option("--json", "print JSON")
    .action(async (id: string, flags: { readonly json?: boolean }) => {
      const held = await context.client().json<HeldRunBody>(pathOf(id));
      await context.write(flags.json ? `${json(held, 2)}\n` : describe(held));
    });
}

/** A held run for people. It is a caller's text, so it is escaped: reading it does nothing to the terminal. */
function describe({ run, code, argv, args, files, environment, stdin_bytes }: HeldRunBody): string {
  const rows: [string, string][] = [
    ["id", run.id],
    ["created", run.created_at],
    ["risk", run.risk.analyzed ? `${run.risk.level} (${run.risk.score})` : "not analyzed"],
  ];
  const approval = run.decision?.approval;
  if (approval)
    rows.push(["rule", approval.rule], ["message", approval.message || "-"], ["denied at", approval.deadline]);
  for (const reason of run.decision?.reasons ?? []) rows.push(["because", reason]);
  if (run.risk.analyzed)
    for (const finding of run.risk.findings)
      rows.push(["found", `${finding.id}${finding.line === null ? "" : `, line ${finding.line}`}: ${finding.title}`]);
  if (argv !== null) rows.push(["argv", argv.map((word) => JSON.stringify(word)).join(" ")]);
  if (args.length > 0) rows.push(["arguments", args.map((word) => JSON.stringify(word)).join(" ")]);
  for (const file of files) rows.push(["file", `${file.path} (${showBytes(file.bytes)}, sha256 ${file.sha256})`]);
  if (environment.length > 0) rows.push(["environment", environment.join(" ")]);
  if (stdin_bytes !== null) rows.push(["stdin", showBytes(stdin_bytes)]);
  return facts(rows) + (code === null ? "" : `\n${run.language}:\n${visibleLines(code.replace(/\n$/, ""))}\n`);
}

function approveCommand(context: Context): Command {
  return new Command("approve")
    .description("Let held runs go on; each is decided about once more by the rules of now")
    .argument("<id...>")
    .action(async (ids: readonly string[]) => {
      for (const id of ids) {
        const run = await context.client().json<Run>(`${pathOf(id)}/approve`, { method: "POST" });
        const why = run.error === null ? "" : `: ${visible(run.error.message)}`;
        await context.write(`${run.id}  ${run.state === "finished" ? `${run.reason}${why}` : "approved"}\n`);
      }
    });
}

function denyCommand(context: Context): Command {
  return new Command("deny")
    .description("End a held run; nothing of it was started")
    .argument("<id>")
    .argument("<reason>", "why, in a sentence: whoever asked gets it")
    .action(async (id: string, reason: string) => {
      const run = await context.client().json<Run>(`${pathOf(id)}/deny`, { method: "POST", body: { reason } });
      await context.write(`${run.id}  ${run.reason}\n`);
    });
}

export function approvalsCommand(context: Context): Command {
  const command = new Command("approvals").description("Look at runs that wait for a person, and answer");
  for (const verb of [listCommand, getCommand, approveCommand, denyCommand]) command.addCommand(verb(context));
  return command;
}
