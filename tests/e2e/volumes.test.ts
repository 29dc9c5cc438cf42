/** Folders of the operator and volumes in sandboxes and runs, over REST. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ErrorBody, Execution, Sandbox, Volume } from "@hsr/contract";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";

describeWith(["bubblewrap", "root"], "folders and volumes", () => {
  let gateway: RunningGateway;
  let host: string;
  beforeAll(async () => {
    host = mkdtempSync(join(tmpdir(), "hsr-folders-"));
    mkdirSync(join(host, "models"));
    writeFileSync(join(host, "models", "weights"), "heavy\n");
    writeFileSync(join(host, "list"), `models ro ${join(host, "models")}\n`, { mode: 0o600 });
    mkdirSync(join(host, "volumes"), { mode: 0o700 });
    gateway = await startGateway({
      env: { HSR_VOLUMES_TENANT_COUNT: "2" },
      launcherOptions: { extraArgs: ["--mounts", join(host, "list"), "--volumes-dir", join(host, "volumes")] },
    });
  });
  afterAll(async () => {
    await gateway.stop();
    rmSync(host, { recursive: true, force: true });
  });

  const create = (body: object, headers = {}) =>
    gateway.call<Sandbox & ErrorBody>("POST", "/v1/sandboxes", body, headers);
  const exec = async (sandbox: Sandbox, argv: string[]) =>
    (await gateway.call<Execution>("POST", `/v1/sandboxes/${sandbox.id}/exec`, { argv })).body;
  const remove = (sandbox: Sandbox) => gateway.call("DELETE", `/v1/sandboxes/${sandbox.id}`);
  const makeVolume = (name: string, headers = {}) =>
    gateway.call<Volume & ErrorBody>("POST", "/v1/volumes", { name, size_bytes: 4_194_304 }, headers);

  it("are offered by name, read-only where the operator says so, to sandboxes and to runs", async () => {
    const offered = await gateway.call<{ items: object[] }>("GET", "/v1/folders");
    expect(offered.body.items).toEqual([{ name: "models", read_only: true }]);
    expect(JSON.stringify(offered.body)).not.toContain(host);
    const mounts = [{ folder: "models", destination: "/data" }];
    const made = await create({ mounts });
    expect(made.status).toBe(201);
    expect((await exec(made.body, ["cat", "/data/weights"])).stdout).toBe("heavy\n");
    expect((await exec(made.body, ["sh", "-c", "echo light > /data/weights"])).exit_code).not.toBe(0);
    await remove(made.body);
    const ran = await gateway.run({ argv: ["cat", "/data/weights"], mounts } as never);
    expect(ran.body.stdout).toBe("heavy\n");
  });

  it("are refused where they are not on the list, not the tenant's, or would cover the sandbox's own", async () => {
    const code = async (mount: object) => (await create({ mounts: [mount] })).body.error?.code;
    expect(await code({ folder: "secrets", destination: "/data" })).not.toBeUndefined();
    expect(await code({ volume: "nobodys", destination: "/data" })).toBe("not_found");
    expect(await code({ folder: "models", destination: "/usr/bin" })).toBe("invalid_request");
    expect(await code({ folder: "models", sub_path: "../..", destination: "/data" })).toBe("invalid_request");
    expect(await code({ folder: "models", read_only: false, destination: "/data" })).not.toBeUndefined();
    expect(await code({ destination: "/data" })).toBe("invalid_request");
    expect(await code({ source: "/etc", destination: "/data" })).toBe("unsupported");
  });

  it("outlive sandboxes and the gateway, hold their bounds, and have one writer", async () => {
    const made = await makeVolume("kept");
    expect(made.status).toBe(201);
    expect((await makeVolume("kept")).body.error.code).toBe("volume_exists");
    const mounts = [{ volume: "kept", destination: "/data" }];
    const writer = (await create({ mounts })).body;
    expect((await exec(writer, ["sh", "-c", "echo here > /data/file"])).exit_code).toBe(0);
    const full = await exec(writer, ["sh", "-c", "head -c 8000000 /dev/zero > /data/big"]);
    expect(full.exit_code).not.toBe(0);
    expect((await exec(writer, ["rm", "/data/big"])).exit_code).toBe(0);
    expect((await create({ mounts })).body.error.code).toBe("volume_in_use");
    expect((await gateway.call<ErrorBody>("DELETE", `/v1/volumes/${made.body.id}`)).body.error.code).toBe(
      "volume_in_use",
    );
    await remove(writer);
    await gateway.restart({});
    const readers = await Promise.all(
      [1, 2].map(async () => (await create({ mounts: [{ ...mounts[0], read_only: true }] })).body),
    );
    for (const reader of readers) {
      expect((await exec(reader, ["cat", "/data/file"])).stdout).toBe("here\n");
      expect((await exec(reader, ["touch", "/data/file"])).exit_code).not.toBe(0);
      await remove(reader);
    }
    await expect
      .poll(async () => (await gateway.call("DELETE", `/v1/volumes/${made.body.id}`)).status, { timeout: 5000 })
      .toBe(204);
    expect((await create({ mounts })).body.error.code).toBe("not_found");
  });

  it("belong to their tenant, who has so many", async () => {
    await gateway.restart({ HSR_VOLUMES_TENANT_COUNT: "1" });
    const other = await gateway.call<{ key: string }>("POST", "/v1/keys", {
      name: "other",
      scopes: ["sandboxes", "read"],
      tenant: "other",
    });
    const theirs = { authorization: `Bearer ${other.body.key}` };
    const mine = await makeVolume("mine");
    expect(mine.status).toBe(201);
    expect((await makeVolume("more")).body.error.code).toBe("quota_exceeded");
    const stolen = await create({ mounts: [{ volume: "mine", destination: "/data" }] }, theirs);
    expect(stolen.body.error.code).toBe("not_found");
    const removed = await gateway.call<ErrorBody>("DELETE", `/v1/volumes/${mine.body.id}`, undefined, theirs);
    expect(removed.status).toBe(404);
    expect((await gateway.call<{ items: Volume[] }>("GET", "/v1/volumes", undefined, theirs)).body.items).toEqual([]);
    expect((await gateway.call("DELETE", `/v1/volumes/${mine.body.id}`)).status).toBe(204);
  });
});
