/** `hsrctl top`: what sandboxes use now. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Sandbox, SandboxMetricsBody } from "@hsr/contract";
import { Command } from "commander";
import { type Client, Refusal } from "../client.ts";
import type { Context } from "../context.ts";
import { usageFailure } from "../failure.ts";
import { onInterrupt } from "../interrupt.ts";
import { findSandbox, sandboxPath } from "../sandbox-name.ts";
import { ownScreen, rawKeys } from "../screen.ts";
import { json, table } from "../terminal.ts";
import { parseCount, parseDuration, showBytes } from "../units.ts";
import { showLeft } from "../words.ts";
import { listSandboxes } from "./ls.ts";

interface TopFlags {
  readonly once?: boolean;
  readonly json?: boolean;
  readonly interval: string;
  readonly limit: string;
}

/** One sandbox and its figures. */
interface Seen {
  readonly sandbox: Sandbox;
  readonly metrics: SandboxMetricsBody;
}

/** Questions to the gateway at one time. */
const atOnce = 8;
/** Between the two looks of `--once`: processor time is a difference. */
const onceMs = 1000;

export function topCommand(context: Context): Command {
  return new Command("top")
    .description("Show what the sandboxes that run use, again and again; q quits")
    .argument("[sandbox...]", "ids or names; without one all of them")
    .option("--once", "print one table and leave")
    .option("--interval <time>", "how often", "2s")
    .option("-n, --limit <number>", "how many sandboxes at most", "100")
    .option("--json", "print the figures once as JSON, one sandbox per line")
    .action(async (said: readonly string[], flags: TopFlags) => {
      const client = context.client();
      const limit = parseCount(flags.limit, "--limit");
      const intervalMs = Math.max(200, parseDuration(flags.interval, "--interval"));
      const look = () => seeAll(client, said, limit);
      if (flags.json) {
        for (const { sandbox, metrics } of await look())
          await context.write(`${json({ sandbox_id: sandbox.id, name: sandbox.name, ...metrics })}\n`);
        return;
      }
      if (flags.once) {
        const before = await look();
        await sleep(onceMs);
        return context.write(tableOf(before, await look(), context.columns));
      }
      if (!process.stdin.isTTY || !process.stdout.isTTY)
        throw usageFailure("there is no terminal to show it on", "--once prints one table, --json the figures");
      await show(look, intervalMs);
    });
}

async function seeAll(client: Client, said: readonly string[], limit: number): Promise<readonly Seen[]> {
  const sandboxes =
    said.length === 0
      ? await listSandboxes(client, { states: ["running"], labels: {} }, limit)
      : await Promise.all(
          said.map(async (one) => client.json<Sandbox>(sandboxPath((await findSandbox(client, one)).id))),
        );
  const seen: Seen[] = [];
  for (let from = 0; from < sandboxes.length; from += atOnce)
    seen.push(...(await Promise.all(sandboxes.slice(from, from + atOnce).map((one) => see(client, one)))).flat());
  return seen;
}

/** Its figures; nothing when it has ended meanwhile. */
async function see(client: Client, sandbox: Sandbox): Promise<readonly Seen[]> {
  try {
    return [{ sandbox, metrics: await client.json<SandboxMetricsBody>(sandboxPath(sandbox.id, "/metrics")) }];
  } catch (error) {
    if (error instanceof Refusal) return [];
    throw error;
  }
}

async function show(look: () => Promise<readonly Seen[]>, intervalMs: number): Promise<void> {
  const leaving = new AbortController();
  const leave = () => leaving.abort();
  using _interrupt = onInterrupt(leave);
  using screen = ownScreen(process.stdout);
  using _keys = rawKeys(process.stdin, (keys) => {
    if (/[qQ\u0003\u0004]/.test(keys.toString("latin1"))) leave();
  });
  let before = await look();
  let now = before;
  const draw = () => {
    const head = `${now.length} running, every ${intervalMs / 1000} s; q quits`;
    screen.draw(`${head}\n\n${tableOf(before, now, process.stdout.columns)}`);
  };
  process.stdout.on("resize", draw);
  try {
    while (!leaving.signal.aborted) {
      draw();
      await sleep(intervalMs, undefined, { signal: leaving.signal }).catch(() => {
        // Somebody wants to leave: the loop ends.
      });
      if (leaving.signal.aborted) break;
      [before, now] = [now, await look()];
    }
  } finally {
    process.stdout.off("resize", draw);
  }
}

/** Cores in use between two looks, or `null` where there are no two. */
function coresOf(before: readonly Seen[], { sandbox, metrics }: Seen): number | null {
  const earlier = before.find((one) => one.sandbox.id === sandbox.id)?.metrics;
  if (earlier === undefined || earlier.cpu_ms === null || metrics.cpu_ms === null) return null;
  const passedMs = Date.parse(metrics.time) - Date.parse(earlier.time);
  return passedMs > 0 ? Math.max(0, metrics.cpu_ms - earlier.cpu_ms) / passedMs : null;
}

function tableOf(before: readonly Seen[], now: readonly Seen[], columns: number): string {
  const bytes = (value: number | null) => (value === null ? "" : showBytes(value));
  const rows = now
    .map((one) => ({ one, cores: coresOf(before, one) }))
    .toSorted((left, right) => (right.cores ?? 0) - (left.cores ?? 0))
    .map(({ one, cores }) => {
      const { sandbox, metrics } = one;
      return [
        sandbox.name ?? sandbox.id,
        cores === null ? "" : `${(100 * cores).toFixed(1)} %`,
        `${bytes(metrics.memory_bytes)} / ${showBytes(metrics.memory_limit)}`,
        bytes(metrics.memory_peak_bytes),
        `${metrics.pids ?? ""} / ${metrics.pids_limit}`,
        String(metrics.executions),
        metrics.io_read_bytes === null ? "" : `${bytes(metrics.io_read_bytes)} / ${bytes(metrics.io_written_bytes)}`,
        showLeft(sandbox.expires_at, Date.now()),
      ];
    });
  return table(
    ["SANDBOX", "CPU", "MEMORY", "PEAK", "PROCESSES", "PROGRAMS", "READ / WRITTEN", "LEFT"],
    rows,
    (cell) => cell,
    columns,
  );
}
