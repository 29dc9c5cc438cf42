/** The gateway's disk is full: requests are refused with the reason, nothing dies, and with room again all is as before. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId } from "@hsr/contract";
import type { RunId } from "@hsr/core";
import { FileSpool } from "@hsr/gateway/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";

describeWith(["bubblewrap", "root"], "when the data directory's disk is full", () => {
  let folder: string;
  let gateway: RunningGateway;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "hsr-full-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m,mode=0700", "hsr-test", folder]);
    gateway = await startGateway({ dataDir: folder });
  });
  afterEach(async () => {
    await gateway.stop();
    execFileSync("umount", [folder]);
    rmSync(folder, { recursive: true });
  });

  /** Leaves no page free. */
  function fill(): void {
    const { bavail, bsize } = statfsSync(folder);
    writeFileSync(join(folder, "filler"), Buffer.alloc(bavail * bsize));
  }

  function free(): void {
    rmSync(join(folder, "filler"));
  }

  /** The log has some room inside its last page, so the first write or two may still succeed. */
  async function untilRefused(): Promise<Awaited<ReturnType<RunningGateway["run"]>>> {
    for (let i = 0; i < 20; i += 1) {
      const answer = await gateway.run({ argv: ["/bin/echo", "x".repeat(4000)] });
      if (answer.status !== 200) return answer;
    }
    throw new Error("twenty runs were stored on a full disk");
  }

  test("a run is refused with storage_full, and taken again when there is room", async () => {
    expect((await gateway.run({ argv: ["/bin/echo", "before"] })).body.stdout).toBe("before\n");
    fill();
    const refused = await untilRefused();
    expect([refused.status, refused.body.error.code]).toEqual([503, "storage_full"]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await gateway.call("GET", "/health")).status).toBe(200);
    expect(await gateway.launcher.client.list()).toEqual([]);
    free();
    expect((await gateway.run({ argv: ["/bin/echo", "after"] })).body.stdout).toBe("after\n");
    expect(gateway.process().exitCode).toBeNull();
  });

  test("a result that could not be stored at once is stored when there is room, and survives a restart", async () => {
    const begun = await gateway.run({ argv: ["sh", "-c", "sleep 1; echo said"], wait_ms: 0 });
    expect(begun.status).toBe(202);
    fill();
    await untilRefused();
    const waiting = gateway.call("GET", `/v1/runs/${begun.body.id}?wait_ms=10000`);
    await new Promise((resolve) => setTimeout(resolve, 1800));
    free();
    expect((await waiting).body).toMatchObject({ state: "finished", reason: "exited", stdout: "said\n" });
    await gateway.restart();
    const later = await gateway.call("GET", `/v1/runs/${begun.body.id}`);
    expect(later.body).toMatchObject({ state: "finished", reason: "exited", stdout: "said\n" });
  });

  test("output of which a part was spooled before the disk was full is spooled once when there is room", async () => {
    const spool = await FileSpool.open(join(folder, "spool-of-the-test"));
    const run = newId("run") as RunId;
    const first = Buffer.alloc(1000, "a");
    const second = Buffer.alloc(2_000_000, "b");
    await spool.append(run, "stdout", [first]);
    const { bavail, bsize } = statfsSync(folder);
    writeFileSync(join(folder, "filler"), Buffer.alloc((bavail - 100) * bsize));
    await expect(spool.append(run, "stdout", [second])).rejects.toThrow("ENOSPC");
    expect((await spool.state(run)).keptBytes.stdout).toBe(first.length);
    free();
    await spool.append(run, "stdout", [second]);
    const kept = await spool.read(run, "stdout", 0, 3_000_000);
    expect(Buffer.compare(kept, Buffer.concat([first, second]))).toBe(0);
  });
});
