import { BubblewrapRuntime } from "@hsr/runtimes";
import { launchSpec } from "../tests/support/launch-spec.ts";
import { startLauncher } from "../tests/support/launcher.ts";
for (const fd of [4, 3]) {
  const launcher = await startLauncher({ agent: `/tmp/rn-agent${fd}.py` });
  const runtime = new BubblewrapRuntime(launcher.client);
  let worst = 0, last = performance.now();
  const tick = setInterval(() => { const n = performance.now(); worst = Math.max(worst, n - last); last = n; }, 5);
  const guest = await runtime.launch(launchSpec({ deadlineMs: 20000 }));
  const stream = await guest.attach();
  stream.on("data", (d: Buffer) => console.log("data", d.length)); stream.on("error", () => {});
  await new Promise(r => setTimeout(r, 1500));
  const t = performance.now();
  const k = guest.destroy().then(() => "destroyed", (e: unknown) => String(e));
  const list = launcher.client.list().then(() => `list ${Math.round(performance.now() - t)} ms`, (e: unknown) => "list " + String(e));
  console.log(fd, await list, await Promise.race([k, new Promise(r => setTimeout(r, 3000, "kill still waits"))]), "worst loop gap", Math.round(worst));
  clearInterval(tick);
  launcher.stop().catch((e: unknown) => console.log(String(e)));
  await new Promise(r => setTimeout(r, 500));
}
setTimeout(() => process.exit(0), 8000);
