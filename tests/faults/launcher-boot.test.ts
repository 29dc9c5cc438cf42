/**
 * Gateway and launcher die in the same moment, or the launcher is away when a gateway starts. No program runs twice, and
 * nothing is given up that still lives.
 */
import { renameSync } from "node:fs";
import { createConnection, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Sandbox } from "@hsr/contract";
import { messageTypes } from "@hsr/runtimes/launcher";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";
import { alive, startLauncher, until } from "../support/launcher.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Notes of a start are written at most this long after it. */
const beforeAnyNoteMs = 40;

describeWith(["bubblewrap", "root", "cgroup"], "gateway and launcher at the same moment", () => {
  let gateway: RunningGateway;
  beforeEach(async () => {
    gateway = await startGateway();
  });
  afterEach(() => gateway.stop());

  const argv = ["sh", "-c", "sleep 0.5; echo ran"];
  const ended = async (id: string) => (await gateway.call("GET", `/v1/runs/${id}?wait_ms=15000`)).body;

  /** Starts a program and stops the gateway before it has noted that. */
  async function startedAndUnnoted(): Promise<string> {
    const { id } = (await gateway.run({ argv, wait_ms: 0 })).body;
    await pause(beforeAnyNoteMs);
    gateway.process().kill("SIGSTOP");
    expect(rowOf(gateway, id)).toMatchObject({ state: "starting" });
    return id;
  }

  async function killWorker(): Promise<void> {
    const worker = gateway.launcher.workerPid();
    process.kill(worker, "SIGKILL");
    await until("a new worker lives", () => ![0, worker].includes(gateway.launcher.workerPid()), 5000);
    await gateway.launcher.client.connected();
  }

  test("a program that may have run is not run again: its run is lost", async () => {
    const id = await startedAndUnnoted();
    await killWorker();
    await gateway.kill9();
    await gateway.restart();
    expect(await ended(id)).toMatchObject({ state: "finished", reason: "lost" });
  });

  test("control: with the name of the new worker in its row the same run is started a second time", async () => {
    const id = await startedAndUnnoted();
    await killWorker();
    await gateway.kill9();
    const { bootId } = await gateway.launcher.client.facts();
    withDatabase(gateway, (database) => database.prepare("UPDATE run SET boot_id = ? WHERE id = ?").run(bootId, id));
    await gateway.restart();
    expect(await ended(id)).toMatchObject({ reason: "exited", stdout: "ran\n" });
  });

  test("a sandbox that ended, which only the dead gateway was told, is not launched again", async () => {
    const id = await startedAndUnnoted();
    const { sandboxId } = rowOf(gateway, id);
    await gateway.launcher.client.kill(sandboxId as never);
    await gateway.kill9();
    await gateway.restart();
    expect((await ended(id)).reason).toBe("lost");
  });

  test("what was never launched is started, though its gateway died", async () => {
    const id = await startedAndUnnoted();
    await gateway.launcher.client.kill(rowOf(gateway, id).sandboxId as never);
    await gateway.kill9();
    // As it is when the gateway dies between the row and the launch.
    withDatabase(gateway, (database) =>
      database.prepare("UPDATE run SET sandbox_id = 'sb-00000000000000000000000000' WHERE id = ?").run(id),
    );
    await gateway.restart();
    expect(await ended(id)).toMatchObject({ reason: "exited", stdout: "ran\n" });
  });

  test("a launcher that is away at the start is waited for: by the program of a run, and by a sandbox", async () => {
    const { id } = (await gateway.run({ argv: ["sh", "-c", "sleep 1; echo patient"], wait_ms: 0 })).body;
    const sandbox = (await gateway.call<Sandbox>("POST", "/v1/sandboxes", {})).body;
    await pause(300);
    await gateway.kill9();
    const { socket } = gateway.launcher;
    renameSync(socket, `${socket}.away`);
    // The probe of the new gateway gives up after five seconds.
    setTimeout(() => renameSync(`${socket}.away`, socket), 6000);
    await gateway.restart();
    expect((await gateway.call<Sandbox>("GET", `/v1/sandboxes/${sandbox.id}`)).body.state).toBe("running");
    expect(await ended(id)).toMatchObject({ reason: "exited", stdout: "patient\n" });
  }, 30_000);
});

describeWith(["bubblewrap", "root", "cgroup"], "one launcher for two gateways", () => {
  test("the start of one leaves the other's sandboxes alone", async () => {
    const launcher = await startLauncher();
    const first = await startGateway({ launcher });
    const { id } = (await first.run({ argv: ["sh", "-c", "sleep 2; echo mine"], wait_ms: 0 })).body;
    await pause(300);
    const second = await startGateway({ launcher });
    try {
      expect((await launcher.client.list()).length).toBe(1);
      expect((await first.call("GET", `/v1/runs/${id}?wait_ms=9000`)).body).toMatchObject({ stdout: "mine\n" });
    } finally {
      await first.stop();
      await second.stop();
      await launcher.stop();
    }
  });

  test("control: a gateway that does not say who it is destroys them", async () => {
    const launcher = await startLauncher();
    const first = await startGateway({ launcher });
    try {
      const { id } = (await first.run({ argv: ["sleep", "20"], wait_ms: 0 })).body;
      await pause(300);
      expect((await launcher.connect().sweep(new Set())).length).toBe(1);
      expect((await first.call("GET", `/v1/runs/${id}?wait_ms=9000`)).body.reason).toBe("killed");
    } finally {
      await first.stop();
      await launcher.stop();
    }
  });
});

describeWith(["bubblewrap", "root", "cgroup"], "a sweep that fails", () => {
  let door: Server | null = null;
  afterEach(() => {
    door?.close();
  });

  test("does not keep the gateway from starting, is told, and is tried again until it succeeds", async () => {
    const launcher = await startLauncher();
    const path = join(tmpdir(), `hsr-door-${process.pid}.sock`);
    let cut = 0;
    door = createServer({ allowHalfOpen: true }, (near) => {
      const far = createConnection({ path: launcher.socket, allowHalfOpen: true });
      for (const socket of [near, far]) socket.on("error", () => undefined);
      near.on("data", (chunk) => {
        // A control connection's sweep, twice.
        if (chunk.length >= 12 && chunk.readUInt16LE(4) === messageTypes.sweep && cut < 2) {
          cut += 1;
          near.destroy();
          far.destroy();
        } else far.write(chunk);
      });
      near.on("end", () => far.end());
      near.on("close", () => far.destroy());
      far.on("data", (chunk) => near.write(chunk));
      far.on("end", () => near.end());
      far.on("close", () => near.destroy());
    }).listen(path);
    const first = await startGateway({ launcher });
    await first.run({ argv: ["sleep", "30"], wait_ms: 0 });
    await pause(300);
    await first.kill9();
    withDatabase(first, (database) => database.exec("DELETE FROM idempotency; DELETE FROM run"));
    const second = await startGateway({ launcher: { ...launcher, socket: path }, dataDir: first.dataDir });
    try {
      expect((await launcher.client.list()).length).toBe(1);
      const failures = (await second.call<string>("GET", "/metrics")).body;
      expect(failures).toMatch(/hsr_sweeps_failed_total\{runtime="bubblewrap"\} 1/);
      expect(second.log()).toContain("sandboxes of nobody could not be looked for");
      const left = launcher.sandboxPids();
      for (let tries = 0; tries < 100 && (await launcher.client.list()).length > 0; tries += 1) await pause(100);
      expect(await launcher.client.list()).toEqual([]);
      expect(left.some(alive)).toBe(true); // Only stems are left of them.
      expect(cut).toBe(2);
    } finally {
      await second.stop();
      await first.stop();
      await launcher.stop();
    }
  }, 30_000);
});

function withDatabase<Result>(gateway: RunningGateway, use: (database: DatabaseSync) => Result): Result {
  const database = new DatabaseSync(join(gateway.dataDir, "hsr.sqlite"));
  try {
    return use(database);
  } finally {
    database.close();
  }
}

function rowOf(gateway: RunningGateway, id: string): { state: string; sandboxId: string } {
  return withDatabase(gateway, (database) =>
    database.prepare("SELECT state, sandbox_id AS sandboxId FROM run WHERE id = ?").get(id),
  ) as { state: string; sandboxId: string };
}
