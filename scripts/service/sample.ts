/** The run that shows that everything works: its output, its result, and why it ran where it ran. */

import { spawnSync } from "node:child_process";
import type { Run } from "@hsr/contract";
import { inCheckout } from "../support/checkout.ts";
import { bold, dim, print } from "../support/print.ts";

const code = `import os, platform
processes = sum(name.isdigit() for name in os.listdir("/proc"))
devices = [line.split(":")[0].strip() for line in open("/proc/net/dev") if ":" in line]
print(f"Hello from a sandbox: Python {platform.python_version()}, user {os.getuid()}, "
      f"{processes} processes, network: {', '.join(devices) or 'none'}")
`;

/** Runs it and prints it. False when it did not work. */
export function runSample(): boolean {
  const done = spawnSync(inCheckout("bin/hsrctl"), ["run", "--json", "-l", "python", "-"], {
    input: code,
    encoding: "utf8",
  });
  if (done.status !== 0) {
    print(`The sample did not work:`, (done.stderr || done.stdout).trimEnd());
    return false;
  }
  const run = JSON.parse(done.stdout) as Run;
  print("", bold("$ hsrctl run sample.py"), (run.stdout ?? "").trimEnd());
  const { decision, usage } = run;
  if (usage) print(dim(`  ${run.reason} ${run.exit_code}, ${Math.round(usage.wall_ms)} ms`));
  if (decision) {
    print(`  decided: ${decision.runtime}, level ${decision.level}, by the rule ${decision.rule}`);
    for (const reason of decision.reasons) print(`           ${reason}`);
  }
  if (run.unenforced.length > 0) print(`  not enforced on this host: ${run.unenforced.join(", ")}`);
  return true;
}
