/** What a real gateway does with a data directory that another one holds, that is damaged, or that a newer one wrote. */
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import type { Readiness } from "@hsr/contract";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";

const main = fileURLToPath(new URL("../../packages/gateway/src/main.ts", import.meta.url));

describeWith(["bubblewrap"], "a data directory", () => {
  let gateway: RunningGateway;
  beforeEach(async () => {
    gateway = await startGateway();
  });
  afterEach(() => gateway.stop());

  /** Starts another gateway on the same folder, which should not live; its status and what it said. */
  async function another(): Promise<{ readonly status: number | null; readonly said: string }> {
    const child = spawn(
      process.execPath,
      [main, "--data-dir", gateway.dataDir, "--listen", "127.0.0.1:0", "--launcher", gateway.launcher.socket],
      { env: { PATH: process.env["PATH"] ?? "" }, stdio: ["ignore", "pipe", "pipe"] },
    );
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const timer = setTimeout(() => child.kill("SIGKILL"), 15_000);
    const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
    clearTimeout(timer);
    return { status, said };
  }

  test("that a gateway holds is refused to a second one, which names the holder and harms nothing", async () => {
    const running = gateway.run({ argv: ["sh", "-c", "sleep 2; echo done"] });
    const { status, said } = await another();
    expect(status).toBe(75);
    expect(said).toContain(`process ${gateway.process().pid} on`);
    expect(said).toContain("Another gateway holds the data directory");
    expect((await running).body).toMatchObject({ reason: "exited", stdout: "done\n" });
  });

  test("whose holder was killed is taken over at once", async () => {
    await gateway.kill9();
    const began = performance.now();
    await gateway.restart();
    expect(performance.now() - began).toBeLessThan(10_000);
    expect((await gateway.run({ argv: ["/bin/true"] })).status).toBe(200);
  });

  test("with a damaged database is usable again, with a loud error, a word in /ready and a new first key", async () => {
    const before = gateway.key;
    await gateway.run({ argv: ["/bin/true"] });
    expect(await gateway.terminate()).toBe(0);
    writeFileSync(join(gateway.dataDir, "hsr.sqlite"), Buffer.alloc(10_000, 0x42));
    await gateway.restart();
    expect(gateway.log()).toContain("the database was damaged and has been set aside");
    expect(readFileSync(join(gateway.dataDir, "key"), "utf8").trim()).not.toBe(before);
    const ready = await gateway.call<Readiness>("GET", "/ready");
    expect(ready.status).toBe(200);
    const told = ready.body.checks.map((check) => check.message).join("\n");
    expect(told).toContain("set aside");
    expect((await gateway.call<string>("GET", "/metrics")).body).toContain("hsr_store_quarantined 1");
    expect((await gateway.run({ argv: ["/bin/echo", "again"] })).body.stdout).toBe("again\n");
  });

  test("that a newer gateway wrote is refused and left alone", async () => {
    expect(await gateway.terminate()).toBe(0);
    const path = join(gateway.dataDir, "hsr.sqlite");
    const database = new DatabaseSync(path);
    database.exec("PRAGMA user_version = 4711");
    database.close();
    const before = readFileSync(path);
    const { status, said } = await another();
    expect(status).toBe(75);
    expect(said).toContain("schema version 4711");
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});
