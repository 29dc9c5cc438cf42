/**
 * A sandbox that is too weak for what is sent to it is replaced by a stronger one, where its caller asked for that. No second
 * runtime is needed to see it: the same one stands in the list a second time, at a level that only this test gives it.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ErrorBody, ExecRequest, Execution, ReplayBody, Sandbox } from "@hsr/contract";
import type { Runtime } from "@hsr/core";
import { createTestMetrics, loadConfig, quiet, startGatewayHere } from "@hsr/gateway/testing";
import { builtins, LauncherVolumes } from "@hsr/runtimes";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "../support/host.ts";
import { type RunningLauncher, startLauncher } from "../support/launcher.ts";

const policy = `rules:
  - name: python wants more
    match: {lang: python}
    level: standard
  - match: {lang: javascript}
    level: maximum
  - match: {lang: typescript}
    level: standard
    require_approval: true
  - match: {opaque: true}
    require_approval: true
default: {level: basic}
`;

/** The runtime under another name and at another level, for this test only. */
function atLevel(runtime: Runtime, name: string, level: "standard"): Runtime {
  return {
    name,
    get capabilities() {
      return { ...runtime.capabilities, levels: [level] };
    },
    get bootId() {
      return runtime.bootId;
    },
    mayHaveLaunched: (id, boot) => runtime.mayHaveLaunched(id, boot),
    probe: () => runtime.probe(),
    launch: (spec) => runtime.launch(spec),
    list: () => runtime.list(),
    adopt: (id) => runtime.adopt(id),
    sweep: (known) => runtime.sweep(known),
  };
}

describeWith(["bubblewrap", "python3"], "a sandbox that is too weak", () => {
  const folder = mkdtempSync(join(tmpdir(), "hsr-recreate-"));
  let launcher: RunningLauncher;
  let gateway: Awaited<ReturnType<typeof startGatewayHere>>;

  const call = async <Body>(method: string, path: string, body?: unknown) => {
    const answer = await fetch(gateway.url + path, {
      method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Body };
  };
  const exec = (id: string, request: ExecRequest) =>
    call<Execution & ErrorBody>("POST", `/v1/sandboxes/${id}/exec`, request);
  const get = async (id: string) => (await call<Sandbox>("GET", `/v1/sandboxes/${id}`)).body;
  const upload = async (id: string, path: string, text: string) => {
    const body = Buffer.from(text);
    const headers = { "content-type": "application/octet-stream" };
    const answer = await fetch(`${gateway.url}/v1/sandboxes/${id}/files?path=${path}&mode=0755`, {
      method: "PUT",
      headers,
      body,
    });
    expect(answer.status).toBe(200);
  };

  beforeAll(async () => {
    writeFileSync(join(folder, "policy.yaml"), policy);
    launcher = await startLauncher();
    const loaded = loadConfig({
      argv: ["--data-dir", join(folder, "data"), "--listen", "127.0.0.1:0", "--launcher", launcher.socket],
      env: { HSR_POLICY_FILE: join(folder, "policy.yaml"), HSR_AUTH_UNSAFE_NO_KEYS: "true" },
    });
    const [basic] = builtins(launcher.client);
    if (basic === undefined) throw new Error("there is no runtime");
    gateway = await startGatewayHere({
      config: loaded.config,
      configRows: loaded.rows,
      runtimes: [basic, atLevel(basic, "stronger", "standard")],
      volumes: new LauncherVolumes(launcher.client),
      log: quiet as Parameters<typeof startGatewayHere>[0]["log"],
      metrics: createTestMetrics({ version: "0" }),
      onDamage: () => {},
    });
  });
  afterAll(async () => {
    await gateway.stop(0);
    await launcher.stop();
    rmSync(folder, { recursive: true });
  });

  test("is replaced with its name, its files and its labels, and says that processes were lost", async () => {
    const weak = (await call<Sandbox>("POST", "/v1/sandboxes", { name: "mine", labels: { a: "b" } })).body;
    expect(weak.decision).toMatchObject({ level: "basic", runtime: "bubblewrap" });
    await upload(weak.id, "kept.sh", "echo kept\n");
    await exec(weak.id, {
      argv: ["bash", "-c", "mkdir -p d; echo made > d/own.txt; cp kept.sh made.sh; echo x >> made.sh"],
    });

    const code = { language: "python", code: "print(open('/workspace/d/own.txt').read())" } as const;
    expect((await exec(weak.id, code)).body.error).toMatchObject({
      code: "needs_stronger_sandbox",
      details: { level: "standard", rule: "policy.yaml:2" },
    });
    const ran = (await exec(weak.id, { ...code, escalation: "recreate" })).body;
    expect(ran).toMatchObject({ reason: "exited", stdout: "made\n\n", decision: { escalated_from: weak.id } });
    expect(ran.decision.reasons.join(" ")).toContain("processes there were lost");

    const strong = await get(ran.sandbox_id);
    expect(strong).toMatchObject({ name: "mine", labels: { a: "b" }, state: "running" });
    expect(strong.decision).toMatchObject({ level: "standard", runtime: "stronger" });
    expect(await get(weak.id)).toMatchObject({ state: "ended", reason: "replaced" });
    // What was seen there is known here, and what nobody had seen is not.
    expect((await exec(strong.id, { argv: ["bash", "kept.sh"] })).body.stdout).toBe("kept\n");
    expect((await exec(strong.id, { argv: ["bash", "made.sh"] })).body.error.code).toBe("opaque_not_allowed");
    await call("DELETE", `/v1/sandboxes/${strong.id}`);
  });

  test("is replaced before a person is asked about the program, which runs there once it is approved", async () => {
    const weak = (await call<Sandbox>("POST", "/v1/sandboxes", {})).body;
    const code = { language: "typescript", code: "console.log(1)" } as const;
    expect((await exec(weak.id, code)).body.error.code).toBe("needs_stronger_sandbox");
    const held = (await exec(weak.id, { ...code, escalation: "recreate" })).body;
    expect(held).toMatchObject({ state: "held", decision: { approval: { rule: "policy.yaml:7", approved_by: null } } });
    expect(await get(weak.id)).toMatchObject({ reason: "replaced" });
    expect((await get(held.sandbox_id)).decision.level).toBe("standard");
    await call("POST", `/v1/approvals/${held.id}/approve`);
    const at = `/v1/sandboxes/${held.sandbox_id}/executions/${held.id}?wait_ms=10000`;
    const ran = (await call<Execution>("GET", at)).body;
    expect(ran).toMatchObject({ stdout: "1\n", decision: { escalated_from: weak.id } });
    expect(ran.decision.approval?.approved_by).not.toBeNull();
    await call("DELETE", `/v1/sandboxes/${held.sandbox_id}`);
  });

  test("that a person approved is replaced by the same rules, and by others stays as it was", async () => {
    const approved = async () => {
      const { id } = (await call<Sandbox>("POST", "/v1/sandboxes", { allow: ["opaque"] })).body;
      await call("POST", `/v1/approvals/${id}/approve`);
      return (await call<Sandbox>("GET", `/v1/sandboxes/${id}?wait_ms=10000`)).body;
    };
    const python = { language: "python", code: "print(1)", escalation: "recreate" } as const;
    const weak = await approved();
    const ran = (await exec(weak.id, python)).body;
    expect(ran).toMatchObject({ stdout: "1\n", decision: { escalated_from: weak.id } });
    const strong = await get(ran.sandbox_id);
    expect(strong.decision).toMatchObject({ level: "standard", approval: weak.decision.approval });
    await call("DELETE", `/v1/sandboxes/${strong.id}`);

    const kept = await approved();
    writeFileSync(join(folder, "policy.yaml"), `${policy}# another one\n`);
    await gateway.reloadPolicy();
    expect((await exec(kept.id, python)).body.error).toMatchObject({
      code: "policy_denied",
      details: { rule: "policy.yaml:10" },
    });
    expect(await get(kept.id)).toMatchObject({ state: "running" });
    writeFileSync(join(folder, "policy.yaml"), policy);
    await gateway.reloadPolicy();
    await call("DELETE", `/v1/sandboxes/${kept.id}`);
  });

  test("leaves decisions in the audit log that come out the same again", async () => {
    const replayed = await call<ReplayBody>("POST", "/v1/policy/replay", {});
    expect(replayed.body).toMatchObject({ skipped: 0, differences: [] });
    expect(replayed.body.requests).toBeGreaterThan(1);
  });

  test("lives on as it was where nothing stronger is to be had", async () => {
    const weak = (await call<Sandbox>("POST", "/v1/sandboxes", {})).body;
    const refused = await exec(weak.id, { language: "javascript", code: "1", escalation: "recreate" });
    expect(refused.body.error.code).toBe("level_unavailable");
    expect((await exec(weak.id, { argv: ["echo", "alive"] })).body.stdout).toBe("alive\n");
    await call("DELETE", `/v1/sandboxes/${weak.id}`);
  });

  test("is replaced once, however many ask for it at the same time", async () => {
    const weak = (await call<Sandbox>("POST", "/v1/sandboxes", {})).body;
    const code = { language: "python", code: "print(1)", escalation: "recreate" } as const;
    const ran = await Promise.all([1, 2, 3].map(() => exec(weak.id, code)));
    expect(ran.map((one) => one.body.stdout)).toEqual(["1\n", "1\n", "1\n"]);
    expect(new Set(ran.map((one) => one.body.sandbox_id)).size).toBe(1);
    await call("DELETE", `/v1/sandboxes/${ran[0]?.body.sandbox_id}`);
  });
});
