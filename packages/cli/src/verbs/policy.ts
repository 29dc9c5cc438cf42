/** `hsrctl policy`: what is in force, trying another one out, and changing it. */
import { basename } from "node:path";
import type {
  CheckedPolicyBody,
  ComparedPolicyBody,
  EvaluationBody,
  PolicyBody,
  PolicyVersionBody,
  PolicyVersionList,
  ReplayBody,
  RunRequest,
  TestedPolicyBody,
} from "@hsr/contract";
import { Command, Option } from "commander";
import { Refusal } from "../client.ts";
import type { Context } from "../context.ts";
import { Failure, usageFailure } from "../failure.ts";
import { readInputFile } from "../input.ts";
import { lineDiff } from "../line-diff.ts";
import { parseLanguage, programOfFile } from "../program.ts";
import { facts, json, table, visible } from "../terminal.ts";
import { parseCount, parseDuration, showAge } from "../units.ts";

/** Something was looked at and is not as it should be: a mistake in a policy, a case that failed, a decision that changed. */
const FOUND = 1;

/** A policy or a file of cases of ours, as text. */
function readTextFile(path: string): string {
  const content = readInputFile(path);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    throw usageFailure(`${path} is not text in UTF-8`);
  }
}

/** A policy with mistakes as an editor or a person finds them: `FILE:LINE:COLUMN: reason`. */
function describeProblems(path: string, problems: CheckedPolicyBody["problems"]): string {
  return problems
    .map(({ line, column, reason, hint }) => `${path}:${line}:${column}: ${visible(reason)}\n    ${visible(hint)}\n`)
    .join("");
}

/** The in-force policy's ETag, and it. */
async function inForce(context: Context): Promise<{ readonly etag: string; readonly policy: PolicyBody }> {
  const response = await context.client().send("/v1/policy");
  return { etag: response.headers.get("etag") ?? "", policy: (await response.json()) as PolicyBody };
}

function showCommand(context: Context): Command {
  return new Command("show")
    .description("Print the policy in force; on stderr, where it came from")
    .option("--json", "print JSON")
    .action(async (flags: { readonly json?: boolean }) => {
      const { policy } = await inForce(context);
      if (flags.json) return context.write(`${json(policy, 2)}\n`);
      const from = policy.source === "file" ? `the file ${policy.file.name}` : `the API, brought in by ${policy.by}`;
      await context.writeError(
        facts([
          ["version", String(policy.version)],
          ["from", from],
          ["since", policy.since],
          ["digest", policy.digest],
        ]),
      );
      const { refused } = policy.file;
      if (refused !== null)
        await context.writeError(
          `since ${refused.at} the file has mistakes and is not taken:\n${describeProblems(policy.file.name, refused.problems)}`,
        );
      await context.write(policy.policy.endsWith("\n") ? policy.policy : `${policy.policy}\n`);
    });
}

function versionsCommand(context: Context): Command {
  return new Command("versions")
    .description("List policies that are or were in force, newest first")
    .option("-n, --limit <number>", "how many", "20")
    .option("--json", "print JSON")
    .action(async (flags: { readonly limit: string; readonly json?: boolean }) => {
      const wanted = parseCount(flags.limit, "--limit");
      const found: PolicyVersionBody[] = [];
      let cursor: string | null = null;
      do {
        const query = new URLSearchParams({ limit: String(Math.max(1, Math.min(wanted - found.length, 200))) });
        if (cursor !== null) query.set("cursor", cursor);
        const page: PolicyVersionList = await context
          .client()
          .json<PolicyVersionList>(`/v1/policy/versions?${query.toString()}`);
        found.push(...page.items);
        cursor = page.next_cursor;
      } while (cursor !== null && found.length < wanted);
      if (flags.json) return context.write(`${json(found, 2)}\n`);
      const rows = found.map((one) => [
        String(one.version),
        one.source,
        one.by ?? "",
        showAge(Date.now() - Date.parse(one.since)),
        one.digest,
      ]);
      await context.write(table(["VERSION", "SOURCE", "BY", "AGE", "DIGEST"], rows, (cell) => cell, context.columns));
    });
}

function checkCommand(context: Context): Command {
  return new Command("check")
    .description("Read a policy without using it; says every mistake with its line and exits with 1 if there is one")
    .argument("<file>")
    .action(async (path: string) => {
      const body = { policy: readTextFile(path) };
      const checked = await context.client().json<CheckedPolicyBody>("/v1/policy/check", { method: "POST", body });
      if (checked.valid) return context.write(`${path}: ${checked.rules} rules, no mistakes\n`);
      await context.write(describeProblems(path, checked.problems));
      process.exitCode = FOUND;
    });
}

function testCommand(context: Context): Command {
  return new Command("test")
    .description("Run a file of cases against the policy in force, or against a file; exits with 1 if one fails")
    .argument("<cases>", "a YAML file of cases")
    .option("-p, --policy <file>", "this policy instead of the one in force")
    .option("--json", "print JSON")
    .action(async (path: string, flags: { readonly policy?: string; readonly json?: boolean }) => {
      const body = { cases: readTextFile(path), ...tried(flags.policy) };
      const tested = await context.client().json<TestedPolicyBody>("/v1/policy/test", { method: "POST", body });
      if (tested.failed > 0) process.exitCode = FOUND;
      if (flags.json) return context.write(`${json(tested, 2)}\n`);
      for (const one of tested.cases) {
        const mark = one.passed ? context.paint.green("ok  ") : context.paint.red("FAIL");
        await context.write(`${mark}  ${visible(one.name)}  (${visible(one.rule)})\n`);
        for (const difference of one.differences)
          await context.write(`      ${path}:${one.line}: ${visible(difference)}\n`);
      }
      await context.write(`${tested.passed} passed, ${tested.failed} failed\n`);
    });
}

interface ExplainFlags {
  readonly language?: string;
  readonly level?: RunRequest["isolation_level"];
  readonly runtime?: string;
  readonly policy?: string;
  readonly json?: boolean;
}

function explainCommand(context: Context): Command {
  return new Command("explain")
    .description("Say what would be decided about a program, rule by rule, without running it")
    .argument("<file>", "a script or program of yours")
    .argument("[args...]")
    .passThroughOptions()
    .option("-l, --language <name>", "language of the code: python, javascript, typescript, bash")
    .addOption(
      new Option("--level <level>", "at least this isolation").choices(["basic", "standard", "strong", "maximum"]),
    )
    .option("--runtime <name>", "exactly this runtime")
    .option("-p, --policy <file>", "by this policy instead of the one in force")
    .option("--json", "print JSON")
    .action(async (path: string, args: readonly string[], flags: ExplainFlags) => {
      const language = flags.language === undefined ? undefined : parseLanguage(flags.language);
      const request: RunRequest = {
        ...programOfFile(path, readInputFile(path), args, language),
        ...(flags.level === undefined ? {} : { isolation_level: flags.level }),
        ...(flags.runtime === undefined ? {} : { secure_runtime: flags.runtime }),
      };
      const body = { request, ...tried(flags.policy) };
      const found = await context.client().json<EvaluationBody>("/v1/policy/evaluate", { method: "POST", body });
      await context.write(flags.json ? `${json(found, 2)}\n` : describeEvaluation(context, found));
    });
}

function describeEvaluation(context: Context, found: EvaluationBody): string {
  const words = {
    run: context.paint.green("runs"),
    hold: context.paint.yellow("waits for approval"),
    deny: context.paint.red("is denied"),
    refuse: context.paint.red("cannot be run here"),
  };
  const rows: [string, string][] = [
    ["risk", found.risk.analyzed ? `${found.risk.level} (${found.risk.score})` : "not analyzed"],
    ["wanted", found.level === null ? "-" : `at least ${found.level}`],
  ];
  if (found.decision !== null) {
    rows.push(["runtime", `${found.decision.runtime}, level ${found.decision.level}`]);
    for (const reason of found.decision.reasons) rows.push(["because", reason]);
  }
  if (found.error !== null) rows.push(["because", found.error.message], ["what to do", found.error.hint]);
  const rules = found.rules.map((one) => [one.decided ? "→" : " ", one.rule, one.match, one.name]);
  return `it ${words[found.verdict]}\n${facts(rows)}\n${table(["", "RULE", "MATCH", "NAME"], rules)}`;
}

function diffCommand(context: Context): Command {
  return new Command("diff")
    .description("Show what a policy would change: its lines, and which typical requests would be decided otherwise")
    .argument("<file>", "the policy that is held against the one in force")
    .action(async (path: string) => {
      const text = readTextFile(path);
      const { policy } = await inForce(context);
      const body = { policy: text };
      const compared = await context.client().json<ComparedPolicyBody>("/v1/policy/compare", { method: "POST", body });
      const marks = { same: " ", removed: "-", added: "+", gap: "…" };
      const paints = {
        same: context.paint.dim,
        removed: context.paint.red,
        added: context.paint.green,
        gap: context.paint.dim,
      };
      for (const { kind, text: line } of lineDiff(policy.policy, text))
        await context.write(`${paints[kind](`${marks[kind]} ${visible(line)}`.trimEnd())}\n`);
      const { differences, requests } = compared;
      if (differences.length === 0) return context.write(`no difference for ${requests} typical requests\n`);
      const rows = differences.map((one) => [one.request, one.before, one.after]);
      await context.write(`\n${table(["REQUEST", "NOW", "THEN"], rows, (cell) => cell, context.columns)}`);
      await context.write(`${differences.length} of ${requests} typical requests would be decided otherwise\n`);
    });
}

interface ReplayFlags {
  readonly since: string;
  readonly policy?: string;
  readonly json?: boolean;
}

function replayCommand(context: Context): Command {
  return new Command("replay")
    .description(
      "Decide again what the audit log has: by another policy, or by the rules of the day to see that it comes out the same; exits with 1 if something differs",
    )
    .option("--since <time>", "how far back, such as 1h or 7d", "7d")
    .option("-p, --policy <file>", "by this policy")
    .option("--json", "print JSON")
    .action(async (flags: ReplayFlags) => {
      const since = new Date(Date.now() - parseDuration(flags.since, "--since")).toISOString();
      const found = { requests: 0, skipped: 0, differences: [] as ReplayBody["differences"] };
      let cursor: string | null = null;
      do {
        const body = { since, ...tried(flags.policy), ...(cursor === null ? {} : { cursor }) };
        const part: ReplayBody = await context.client().json<ReplayBody>("/v1/policy/replay", { method: "POST", body });
        found.requests += part.requests;
        found.skipped += part.skipped;
        found.differences.push(...part.differences);
        cursor = part.next_cursor;
      } while (cursor !== null);
      if (found.differences.length > 0) process.exitCode = FOUND;
      if (flags.json) return context.write(`${json(found, 2)}\n`);
      if (found.differences.length > 0) {
        const rows = found.differences.map((one) => [one.time, one.subject, one.before, one.after]);
        await context.write(table(["TIME", "SUBJECT", "DECIDED", "WOULD BE"], rows, (cell) => cell, context.columns));
      }
      const skipped = found.skipped === 0 ? "" : `; ${found.skipped} could not be: their rules are not kept`;
      await context.write(
        `${found.differences.length} of ${found.requests} decisions would come out otherwise${skipped}\n`,
      );
    });
}

function setCommand(context: Context): Command {
  return new Command("set")
    .description("Bring a policy into force, or one of before; the gateway then does not read its file")
    .argument("[file]", "the policy")
    .option("--version <number>", "a version of before instead of a file")
    .action(async (path: string | undefined, flags: { readonly version?: string }) => {
      if ((path === undefined) === (flags.version === undefined))
        throw usageFailure("give either a file or --version", "`hsrctl policy versions` lists those of before");
      const { etag } = await inForce(context);
      const body =
        path === undefined ? { version: parseCount(flags.version ?? "", "--version") } : { policy: readTextFile(path) };
      await changed(context, path, () =>
        context.client().json<PolicyBody>("/v1/policy", { method: "PUT", body, headers: { "if-match": etag } }),
      );
    });
}

function unsetCommand(context: Context): Command {
  return new Command("unset").description("Return to the policy of the gateway's file").action(async () => {
    const { etag } = await inForce(context);
    await changed(context, undefined, () =>
      context.client().json<PolicyBody>("/v1/policy", { method: "DELETE", headers: { "if-match": etag } }),
    );
  });
}

/** Says what is in force now, or the mistakes with their lines in the file. */
async function changed(context: Context, path: string | undefined, change: () => Promise<PolicyBody>): Promise<void> {
  try {
    const policy = await change();
    const from = policy.source === "file" ? policy.file.name : path === undefined ? "the API" : basename(path);
    await context.write(`version ${policy.version} is in force, from ${from}\n`);
  } catch (error) {
    if (!(error instanceof Refusal) || error.body.code !== "policy_invalid") throw error;
    const problems = (error.body.details?.["problems"] ?? []) as CheckedPolicyBody["problems"];
    throw new Failure(`not taken:\n${describeProblems(path ?? "policy", problems)}`.trimEnd(), { exitCode: FOUND });
  }
}

function tried(path: string | undefined): { readonly policy?: string } {
  return path === undefined ? {} : { policy: readTextFile(path) };
}

export function policyCommand(context: Context): Command {
  const command = new Command("policy")
    .description("See the policy, try another one out, and change it")
    .enablePositionalOptions();
  for (const verb of [
    showCommand,
    checkCommand,
    testCommand,
    explainCommand,
    diffCommand,
    replayCommand,
    versionsCommand,
    setCommand,
    unsetCommand,
  ])
    command.addCommand(verb(context));
  return command;
}
