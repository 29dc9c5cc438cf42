/** hsrctl with volumes, and with folders that the operator offers. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";
import { hsrctl } from "../support/hsrctl.ts";

describeWith(["bubblewrap", "root"], "hsrctl volume", () => {
  let gateway: RunningGateway;
  let host = "";
  beforeAll(async () => {
    host = mkdtempSync(join(tmpdir(), "hsr-cli-volumes-"));
    for (const name of ["models", "volumes"]) mkdirSync(join(host, name), { mode: name === "volumes" ? 0o700 : 0o755 });
    writeFileSync(join(host, "models", "weights"), "17");
    writeFileSync(join(host, "list"), `models ro ${join(host, "models")}\n`, { mode: 0o644 });
    gateway = await startGateway({
      launcherOptions: { extraArgs: ["--mounts", join(host, "list"), "--volumes-dir", join(host, "volumes")] },
    });
  });
  afterAll(async () => {
    await gateway.stop();
    rmSync(host, { recursive: true, force: true });
  });
  const call = async (...args: string[]) => {
    const { code, stdout, stderr } = await hsrctl(args, { url: gateway.url, key: gateway.key });
    return { code, out: stdout.toString(), error: stderr };
  };

  it("makes one that outlives its sandboxes, lists it, and removes it when nobody has it", async () => {
    expect((await call("volume", "rm", "data")).error).toMatch(/no volume is named data\n.*volume ls/);
    expect((await call("volume", "ls")).error).toBe("no volumes\n");
    expect((await call("volume", "create", "data", "8m")).out).toMatch(/^\S+ {2}data\n$/);
    expect((await call("volume", "ls")).out).toMatch(/^ID +NAME +SIZE +FILES +AGE\n\S+ +data +8 MiB +\d+ +\d+s\n$/);
    const wrong = await call("create", "-v", "data");
    expect(wrong).toMatchObject({ code: 2, error: expect.stringMatching(/--volume wants NAME:PATH/) as string });
    await call("create", "--name", "one", "-v", "data:/data", "--folder", "models:/models");
    expect((await call("exec", "one", "--", "sh", "-c", "cat /models/weights > /data/kept")).code).toBe(0);
    expect((await call("volume", "rm", "data")).code).toBe(125);
    await call("rm", "one");
    await call("create", "--name", "two", "-v", "data:/data:ro");
    expect((await call("exec", "two", "--", "sh", "-c", "cat /data/kept; echo x > /data/new")).out).toBe("17");
    await call("rm", "two");
    expect((await call("volume", "rm", "data")).out).toMatch(/removed\n$/);
    expect((await call("volume", "ls", "--json")).out).toBe("");
  });
});
