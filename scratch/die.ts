import { BubblewrapRuntime } from "@hsr/runtimes";
import { launchSpec } from "../tests/support/launch-spec.ts";
import { startLauncher } from "../tests/support/launcher.ts";
const launcher = await startLauncher({ agent: "/tmp/rn-die" });
const runtime = new BubblewrapRuntime(launcher.client);
const counts: Record<string, number> = {};
for (let i = 0; i < 1200; i++) {
  const guest = await runtime.launch(launchSpec({ deadlineMs: 30000 }));
  const end = await Promise.race([guest.ended.then(e => e.end), new Promise<string>(r => setTimeout(r, 1500, "STUCK"))]);
  counts[end] = (counts[end] ?? 0) + 1;
  if (end === "STUCK") { console.log("at", i, await launcher.client.list()); if (counts[end] > 2) break; }
}
console.log(counts);
await Promise.race([launcher.stop(), new Promise(r => setTimeout(r, 6000))]); process.exit(0);
