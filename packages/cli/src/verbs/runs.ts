/** `hsrctl runs`: look at runs, wait for them, end them, read what they wrote. */
import type { Run, RunEvent, RunList, RunSummary } from "@hsr/contract";
import { Command, Option } from "commander";
import type { Client } from "../client.ts";
import type { Context } from "../context.ts";
import { Failure } from "../failure.ts";
import { repeated } from "../flags.ts";
import { followRun } from "../follow.ts";
import { bytesOf, storedBytes } from "../output.ts";
import { parsePairs } from "../program.ts";
import { exitCodeOf, remarks } from "../result.ts";
import { facts, json, table } from "../terminal.ts";
import { parseCount, parseDuration, showAge, showBytes, showDuration } from "../units.ts";
import { outcome, paintOutcome } from "../words.ts";

const pathOf = (id: string): string => `/v1/runs/${encodeURIComponent(id)}`;

interface ListFlags {
  readonly state?: string;
  readonly label: readonly string[];
  readonly limit: string;
  readonly json?: boolean;
}

function listCommand(context: Context): Command {
  return new Command("ls")
    .alias("list")
    .description("List runs, newest first")
    .addOption(
      new Option("--state <state>", "only runs in this state").choices([
        "held",
        "queued",
        "starting",
        "running",
        "finished",
      ]),
    )
    .option("--label <name=value>", "only runs with this label (repeat it for more)", repeated, [])
    .option("-n, --limit <number>", "how many", "20")
    .option("--json", "print JSON, one run per line")
    .action(async (flags: ListFlags) => {
      const wanted = parseCount(flags.limit, "--limit");
      const labels = parsePairs(flags.label, "--label");
      const runs = await listRuns(context.client(), wanted, labels, flags.state);
      if (flags.json) {
        for (const run of runs) await context.write(`${json(run)}\n`);
        return;
      }
      if (runs.length === 0) return context.writeError("no runs\n");
      const now = Date.now();
      const rows = runs.map((run) => [
        run.id,
        outcome(run),
        run.language ?? "argv",
        run.usage ? showDuration(run.usage.wall_ms) : "",
        typeof run.usage?.memory_peak_bytes === "number" ? showBytes(run.usage.memory_peak_bytes) : "",
        run.decision?.runtime ?? "",
        showAge(now - Date.parse(run.created_at)),
        Object.entries(run.labels)
          .map(([name, value]) => `${name}=${value}`)
          .join(" "),
      ]);
      await context.write(
        table(
          ["ID", "STATE", "WHAT", "TIME", "MEMORY", "RUNTIME", "AGE", "LABELS"],
          rows,
          (cell, column, row) => (column === 1 && row >= 0 ? paintOutcome(context.paint, cell) : cell),
          context.columns,
        ),
      );
    });
}

/** Goes through as many pages as it takes. */
async function listRuns(
  client: Client,
  wanted: number,
  labels: Readonly<Record<string, string>>,
  state: string | undefined,
): Promise<readonly RunSummary[]> {
  const found: RunSummary[] = [];
  let cursor: string | null = null;
  while (found.length < wanted) {
    const query = new URLSearchParams({ limit: String(Math.min(wanted - found.length, 200)) });
    if (state !== undefined) query.set("state", state);
    for (const [name, value] of Object.entries(labels)) query.append("label", `${name}=${value}`);
    if (cursor !== null) query.set("cursor", cursor);
    const page: RunList = await client.json<RunList>(`/v1/runs?${query.toString()}`);
    found.push(...page.items);
    cursor = page.next_cursor;
    if (cursor === null) break;
  }
  return found;
}

function getCommand(context: Context): Command {
  return new Command("get")
    .description("Show a run: how it went, what was decided and why, and the beginning of its output")
    .argument("<id>")
    .option("--json", "print the whole run as JSON, output included")
    .action(async (id: string, flags: { readonly json?: boolean }) => {
      const run = await context.client().json<Run>(pathOf(id));
      await context.write(flags.json ? `${json(run, 2)}\n` : describe(run));
    });
}

/** Lines of output that `runs get` shows; `runs logs` has the rest. */
const LINES_SHOWN = 10;

/** A run for people. Guest text is escaped, so it cannot do anything to the terminal. */
function describe(run: Run): string {
  const rows: [string, string][] = [
    ["id", run.id],
    ["state", outcome(run)],
    ["created", run.created_at],
    ["started", run.started_at ?? "-"],
    ["finished", run.finished_at ?? "-"],
  ];
  if (run.usage) {
    rows.push(["wall time", showDuration(run.usage.wall_ms)]);
    rows.push(["cpu time", run.usage.cpu_ms === null ? "not measured on this host" : showDuration(run.usage.cpu_ms)]);
    rows.push([
      "memory peak",
      run.usage.memory_peak_bytes === null ? "not measured on this host" : showBytes(run.usage.memory_peak_bytes),
    ]);
  }
  if (run.decision) {
    rows.push(["runtime", `${run.decision.runtime}, level ${run.decision.level}`], ["rule", run.decision.rule]);
    for (const reason of run.decision.reasons) rows.push(["because", reason]);
  }
  if (run.sandbox_id !== null) rows.push(["sandbox", run.sandbox_id]);
  for (const [name, value] of Object.entries(run.labels)) rows.push([`label ${name}`, value]);
  for (const remark of remarks(run)) rows.push(["note", remark]);
  let text = facts(rows);
  for (const stream of ["stdout", "stderr"] as const) {
    const bytes = storedBytes(run, stream);
    if (bytes.length === 0) continue;
    const lines = bytes.toString("utf8").replace(/\n$/, "").split("\n");
    text += `\n${stream} (${showBytes(bytes.length)}${lines.length > LINES_SHOWN ? `; all of it: hsrctl runs logs ${run.id}` : ""}):\n`;
    text += table(
      [""],
      lines.slice(0, LINES_SHOWN).map((line) => [`  ${line}`]),
    ).replace(/^\n/, "");
  }
  return text;
}

function waitCommand(context: Context): Command {
  return new Command("wait")
    .description("Wait until a run has ended; the exit code is its program's")
    .argument("<id>")
    .option("-t, --timeout <time>", "wait no longer than this, such as 10s; the run goes on")
    .option("--json", "print the run as JSON")
    .action(async (id: string, flags: { readonly timeout?: string; readonly json?: boolean }) => {
      const client = context.client();
      const limit = flags.timeout === undefined ? null : parseDuration(flags.timeout, "--timeout");
      const leaving = limit === null ? undefined : AbortSignal.timeout(limit);
      let summary: RunSummary;
      try {
        const { events } = await client.events(`${pathOf(id)}/events`, leaving ? { signal: leaving } : {});
        summary = await followRun(client, events, { event: () => {} }, { id, ...(leaving ? { signal: leaving } : {}) });
      } catch (error) {
        if (!leaving?.aborted) throw error;
        throw new Failure(`${id} has not ended after ${showDuration(limit ?? 0)}; it goes on`);
      }
      if (flags.json) await context.write(`${json(await client.json<Run>(pathOf(id)), 2)}\n`);
      else for (const remark of remarks(summary)) await context.writeError(`hsrctl: ${remark}\n`);
      process.exitCode = exitCodeOf(summary);
    });
}

function cancelCommand(context: Context): Command {
  return new Command("cancel")
    .description("End runs; one that has ended already is left as it is")
    .argument("<id...>")
    .action(async (ids: readonly string[]) => {
      const client = context.client();
      for (const id of ids) {
        const run = await client.json<RunSummary>(`${pathOf(id)}/cancel`, { method: "POST" });
        await context.write(`${run.id}  ${run.state === "finished" ? outcome(run) : "is being cancelled"}\n`);
      }
    });
}

function logsCommand(context: Context): Command {
  return new Command("logs")
    .description("Write a run's stdout to stdout and its stderr to stderr, as bytes")
    .argument("<id>")
    .option("-f, --follow", "go on until the run has ended")
    .action(async (id: string, flags: { readonly follow?: boolean }) => {
      const client = context.client();
      if (!flags.follow) {
        const run = await client.json<Run>(pathOf(id));
        if (run.state === "finished") {
          await context.write(storedBytes(run, "stdout"));
          await context.writeError(storedBytes(run, "stderr"));
          return;
        }
      }
      const { events } = await client.events(`${pathOf(id)}/events`);
      const passOn = (event: RunEvent) => {
        if (event.type !== "run.output") return;
        const write = event.data.stream === "stdout" ? context.write : context.writeError;
        return write(bytesOf(event.data));
      };
      await followRun(client, events, { event: passOn }, { id });
    });
}

export function runsCommand(context: Context): Command {
  const command = new Command("runs").description("Look at runs, wait for them, end them, read what they wrote");
  for (const verb of [listCommand, getCommand, waitCommand, cancelCommand, logsCommand])
    command.addCommand(verb(context));
  return command;
}
