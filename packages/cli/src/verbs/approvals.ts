/** `hsrctl approvals`: what waits for a person, and the answer. */
import type { ApprovalList, Execution, HeldBody, Run, Sandbox } from "@hsr/contract";
import { Command } from "commander";
import type { Context } from "../context.ts";
import { facts, json, table, visible, visibleLines } from "../terminal.ts";
import { showAge, showBytes } from "../units.ts";

type Item = ApprovalList["items"][number];
type Answered = Run | Sandbox | Execution;

const pathOf = (id: string): string => `/v1/approvals/${encodeURIComponent(id)}`;

/** What it is, in a word or a line. */
function whatOf(item: Item): string {
  if ("argv" in item) return `exec ${item.argv.join(" ")}`;
  if ("ttl_ms" in item) return item.name === null ? "sandbox" : `sandbox ${item.name}`;
  return item.language ?? "argv";
}

function riskOf(item: Item): string {
  if (!("risk" in item)) return "";
  return item.risk.analyzed ? `${item.risk.level} (${item.risk.score})` : "not analyzed";
}

function listCommand(context: Context): Command {
  return new Command("ls")
    .alias("list")
    .description("List runs, sandboxes and executions that wait for an approval")
    .option("--json", "print JSON")
    .action(async (flags: { readonly json?: boolean }) => {
      const found: Item[] = [];
      let cursor: string | null = null;
      do {
        const page: ApprovalList = await context
          .client()
          .json<ApprovalList>(cursor === null ? "/v1/approvals" : `/v1/approvals?cursor=${encodeURIComponent(cursor)}`);
        found.push(...page.items);
        cursor = page.next_cursor;
      } while (cursor !== null);
      if (flags.json) return context.write(`${json(found, 2)}\n`);
      const now = Date.now();
      const rows = found.map((item) => [
        item.id,
        whatOf(item),
        riskOf(item),
        item.decision?.approval?.rule ?? "",
        showAge(now - Date.parse(item.created_at)),
        item.decision?.approval ? `in ${showAge(Date.parse(item.decision.approval.deadline) - now)}` : "",
        item.decision?.approval?.message ?? "",
      ]);
      await context.write(
        table(["ID", "WHAT", "RISK", "RULE", "AGE", "DENIED", "MESSAGE"], rows, (cell) => cell, context.columns),
      );
    });
}

function getCommand(context: Context): Command {
  return new Command("get")
    .description("Show what is held: why it is, and what it would do")
    .argument("<id>")
    .option("--json", "print JSON")
    .action(async (id: string, flags: { readonly json?: boolean }) => {
      const held = await context.client().json<HeldBody>(pathOf(id));
      await context.write(flags.json ? `${json(held, 2)}\n` : describe(held));
    });
}

/** Something held for people. It is a caller's text, so it is escaped: reading it does nothing to the terminal. */
function describe(held: HeldBody): string {
  const { run, sandbox, execution, code, argv, args, files, environment, stdin_bytes, mounts } = held;
  const item = run ?? execution ?? sandbox;
  if (item === null) return "";
  const rows: [string, string][] = [
    ["id", item.id],
    ["created", item.created_at],
  ];
  if (execution !== null) rows.push(["sandbox", execution.sandbox_id]);
  if (sandbox !== null) rows.push(...sandboxRows(sandbox));
  if ("risk" in item) rows.push(["risk", riskOf(item)]);
  const approval = item.decision?.approval;
  if (approval)
    rows.push(["rule", approval.rule], ["message", approval.message || "-"], ["denied at", approval.deadline]);
  for (const reason of item.decision?.reasons ?? []) rows.push(["because", reason]);
  if ("risk" in item && item.risk.analyzed)
    for (const finding of item.risk.findings)
      rows.push(["found", `${finding.id}${finding.line === null ? "" : `, line ${finding.line}`}: ${finding.title}`]);
  if (execution?.terminal) rows.push(["terminal", "what is typed into it later is not shown here"]);
  if (argv !== null) rows.push(["argv", argv.map((word) => JSON.stringify(word)).join(" ")]);
  if (args.length > 0) rows.push(["arguments", args.map((word) => JSON.stringify(word)).join(" ")]);
  for (const file of files) rows.push(["file", `${file.path} (${showBytes(file.bytes)}, sha256 ${file.sha256})`]);
  for (const { folder, volume, destination, read_only } of mounts)
    rows.push(["mount", `${folder ?? volume ?? ""} at ${destination}${read_only ? ", to read" : ", to write"}`]);
  if (environment.length > 0) rows.push(["environment", environment.join(" ")]);
  if (stdin_bytes !== null) rows.push(["stdin", showBytes(stdin_bytes)]);
  const language = run?.language ?? "code";
  return facts(rows) + (code === null ? "" : `\n${language}:\n${visibleLines(code.replace(/\n$/, ""))}\n`);
}

function sandboxRows({ name, allow, limits, decision, ttl_ms }: Sandbox): [string, string][] {
  const { memory_limit, cpu_limit, disk_limit_bytes, pids_limit } = limits;
  return [
    ["name", name ?? "-"],
    ["level", `${decision.level} (${decision.runtime})`],
    [
      "limits",
      `${showBytes(memory_limit)}, ${cpu_limit} cores, ${pids_limit} processes, ${showBytes(disk_limit_bytes)} of files`,
    ],
    ["lives", showAge(ttl_ms)],
    ...(allow.length === 0 ? [] : [["allows", allow.join(", ")] as [string, string]]),
  ];
}

function approveCommand(context: Context): Command {
  return new Command("approve")
    .description("Let what is held go on; each is decided about once more by the rules of now")
    .argument("<id...>")
    .action(async (ids: readonly string[]) => {
      for (const id of ids) {
        const { error, ...told } = await context.client().json<Answered>(`${pathOf(id)}/approve`, { method: "POST" });
        const why = error === null ? "" : `: ${visible(error.message)}`;
        await context.write(`${told.id}  ${error === null ? "approved" : `${told.reason}${why}`}\n`);
      }
    });
}

function denyCommand(context: Context): Command {
  return new Command("deny")
    .description("End what is held; nothing of it was started")
    .argument("<id>")
    .argument("<reason>", "why, in a sentence: whoever asked gets it")
    .action(async (id: string, reason: string) => {
      const told = await context.client().json<Answered>(`${pathOf(id)}/deny`, { method: "POST", body: { reason } });
      await context.write(`${told.id}  ${told.reason}\n`);
    });
}

export function approvalsCommand(context: Context): Command {
  const command = new Command("approvals").description("Look at what waits for a person, and answer");
  for (const verb of [listCommand, getCommand, approveCommand, denyCommand]) command.addCommand(verb(context));
  return command;
}
