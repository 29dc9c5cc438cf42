/** `hsrctl doctor`: looks at everything that a run needs, from here to the sandbox, and says what to do about what is missing. */
import type { Health, Readiness, RuntimeList } from "@hsr/contract";
import { Command } from "commander";
import { Refusal } from "../client.ts";
import type { Context } from "../context.ts";
import { Failure } from "../failure.ts";
import { examineHost, type Finding } from "../host-checks.ts";
import { json, visible, width } from "../terminal.ts";

export function doctorCommand(context: Context): Command {
  return new Command("doctor")
    .description("Look at this host and at the gateway; say what is missing and how to get it")
    .option("--json", "print JSON")
    .action(async (flags: { readonly json?: boolean }) => {
      const findings = [...examineHost(), ...(await examineGateway(context))];
      await context.write(flags.json ? `${json(findings, 2)}\n` : show(context, findings));
      process.exitCode = findings.some((one) => one.state === "fail") ? 1 : 0;
    });
}

function show({ paint }: Context, findings: readonly Finding[]): string {
  const mark = { ok: paint.green("ok  "), warn: paint.yellow("warn"), fail: paint.red("FAIL") };
  const longest = Math.max(...findings.map((one) => width(one.name)));
  return findings
    .map(({ name, state, seen, hint }) => {
      const line = `${mark[state]}  ${name.padEnd(longest)}  ${visible(seen)}\n`;
      return hint === undefined ? line : `${line}      ${" ".repeat(longest)}  → ${visible(hint)}\n`;
    })
    .join("");
}

/** From the address to the runtimes; ends at the first thing without which the next cannot be seen. */
async function examineGateway(context: Context): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  try {
    const client = context.client();
    const { url, urlFrom, keyFrom } = client.endpoint;
    const health = await client.json<Health>("/health");
    found.push({ name: "gateway", state: "ok", seen: `version ${health.version} at ${url} (from ${urlFrom})` });
    found.push(await readiness(url));
    try {
      const { items } = await client.json<RuntimeList>("/v1/runtimes");
      found.push({ name: "key", state: "ok", seen: `accepted (from ${keyFrom})` });
      for (const one of items) {
        const name = `runtime ${one.name}`;
        found.push(
          one.available
            ? { name, state: "ok", seen: `${one.version ?? ""}, levels ${one.capabilities.levels.join(", ")}` }
            : {
                name,
                state: "fail",
                seen: one.reason ?? "not available",
                ...(one.hint === null ? {} : { hint: one.hint }),
              },
        );
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      found.push({ name: "key", state: "fail", seen: `${error.message} (from ${keyFrom})`, hint: error.hint ?? "" });
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    found.push({
      name: "gateway",
      state: "fail",
      seen: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
  return found;
}

/** `/ready` answers 503 with the same form when it is not, so it is not asked through the client. */
async function readiness(url: string): Promise<Finding> {
  const response = await fetch(`${url}/ready`, { redirect: "error" });
  const { ready, checks } = (await response.json()) as Readiness;
  if (ready) return { name: "ready", state: "ok", seen: checks.map((one) => `${one.name}: ${one.message}`).join(" ") };
  const failing = checks.filter((one) => !one.ok).map((one) => `${one.name}: ${one.message}`);
  return {
    name: "ready",
    state: "fail",
    seen: failing.join(" "),
    hint: "the gateway's log says more; `make down && make up` starts afresh",
  };
}
