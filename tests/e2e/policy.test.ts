/** The policy of a running gateway: in force, changed by file and API, tried out, and the past decided again. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {
  ComparedPolicyBody,
  ErrorBody,
  EvaluationBody,
  PolicyBody,
  PolicyVersionList,
  ReplayBody,
  TestedPolicyBody,
} from "@hsr/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";
import { hsrctl } from "../support/hsrctl.ts";

const open = "default: {level: basic}\n";
const denyBash = "rules:\n  - match: {lang: bash}\n    deny: no shells here\ndefault: {level: basic}\n";
const wantStandard = `rules:
  - name: python is not trusted
    match: {lang: python}
    level: standard
default: {level: basic}
`;
const hello = { code: "print(1)", language: "python" } as const;

describeWith(["bubblewrap"], "the policy of a running gateway", () => {
  let gateway: RunningGateway;
  const folder = mkdtempSync(join(tmpdir(), "hsr-policy-"));
  const file = join(folder, "my-policy.yaml");

  const get = () => gateway.call<PolicyBody>("GET", "/v1/policy");
  const put = async (body: object, etag?: string) =>
    gateway.call<PolicyBody & ErrorBody>("PUT", "/v1/policy", body, {
      "if-match": etag ?? (await get()).headers.get("etag") ?? "",
    });
  const toFile = async () =>
    gateway.call<PolicyBody>("DELETE", "/v1/policy", undefined, {
      "if-match": (await get()).headers.get("etag") ?? "",
    });

  /** Waits until something holds of what is in force. */
  async function until(holds: (policy: PolicyBody) => boolean): Promise<PolicyBody> {
    const end = performance.now() + 5000;
    for (;;) {
      const { body } = await get();
      if (holds(body) || performance.now() > end) return body;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  beforeAll(async () => {
    writeFileSync(file, open);
    gateway = await startGateway({ env: { HSR_POLICY_FILE: file } });
  });
  afterAll(async () => {
    await gateway.stop();
    rmSync(folder, { recursive: true });
  });

  test("is shown with where it came from, and decisions name its rule and its digest", async () => {
    const { body } = await get();
    expect(body).toMatchObject({ version: 1, source: "file", policy: open, by: null });
    expect(body.file).toEqual({ name: "my-policy.yaml", in_force: true, refused: null });
    const run = await gateway.run(hello);
    expect(run.body.decision).toMatchObject({ rule: "my-policy.yaml:1", policy_digest: body.digest, level: "basic" });
  });

  test("a file with a mistake is refused with line and column, and what was in force stays; a good one is taken", async () => {
    const { digest } = (await get()).body;
    writeFileSync(file, "rules:\n  - match: {lang: pyhton}\n    deny: x\ndefault: docker\n");
    const refused = await until((policy) => policy.file.refused !== null);
    expect(refused).toMatchObject({ digest, policy: open });
    expect(refused.file.refused?.problems).toMatchObject([{ line: 2, column: 19 }]);
    await expect
      .poll(() => gateway.log())
      .toContain('my-policy.yaml:2:19: match.lang has no \\"pyhton\\"; did you mean python?');
    expect((await gateway.run(hello)).body.decision?.policy_digest).toBe(digest);

    // As editors do it: a new file under a temporary name, then a rename.
    writeFileSync(`${file}.new`, denyBash);
    renameSync(`${file}.new`, file);
    const taken = await until((policy) => policy.digest !== digest);
    expect(taken).toMatchObject({ source: "file", version: 2, policy: denyBash });
    expect(taken.file.refused).toBeNull();
    const denied = await gateway.run({ code: "echo", language: "bash" });
    expect(denied.status).toBe(403);
    expect(denied.body.error).toMatchObject({
      code: "policy_denied",
      message: "no shells here",
      details: { rule: "my-policy.yaml:2", policy_digest: taken.digest },
    });
  });

  test("a file that goes away leaves what is in force", async () => {
    renameSync(file, `${file}.away`);
    const refused = await until((policy) => policy.file.refused !== null);
    expect(refused.policy).toBe(denyBash);
    renameSync(`${file}.away`, file);
    expect((await until((policy) => policy.file.refused === null)).version).toBe(2);
  });

  test("SIGHUP reads the file at once", async () => {
    const { version } = (await get()).body;
    writeFileSync(file, wantStandard);
    gateway.process().kill("SIGHUP");
    expect(await until((policy) => policy.version === version + 1)).toMatchObject({ policy: wantStandard });
  });

  test("where the host lacks the level, the answer says what was found, which rule wants it, and what to do", async () => {
    const refused = await gateway.run(hello);
    expect(refused.status).toBe(503);
    const { error } = refused.body;
    expect(error.code).toBe("level_unavailable");
    expect(error.message).toMatch(
      /^The code.*my-policy\.yaml:2 \(python is not trusted\) wants at least the level standard\. .*This host has bubblewrap \(basic\)\.$/,
    );
    expect(error.hint).toBe(
      "This version of HSR can drive no runtime of the level standard; the rule at my-policy.yaml:2 is where the operator can allow a lower level.",
    );
    expect(error.details).toMatchObject({ rule: "my-policy.yaml:2", demanded: { level: "standard" } });
  });

  test("is changed over the API with If-Match, and the file is then not read", async () => {
    const before = await get();
    const etag = before.headers.get("etag") ?? "";
    expect((await gateway.call<ErrorBody>("PUT", "/v1/policy", { policy: open })).body.error.code).toBe(
      "precondition_required",
    );
    expect((await put({ policy: open }, '"sha256:other"')).body.error.code).toBe("policy_changed");
    const wrong = await put({ policy: "default: {level: weak}" }, etag);
    expect(wrong.status).toBe(400);
    expect(wrong.body.error).toMatchObject({
      code: "policy_invalid",
      details: { problems: [{ line: 1, column: 18 }] },
    });
    expect((await get()).headers.get("etag")).toBe(etag);

    const changed = await put({ policy: open }, etag);
    expect(changed.status).toBe(200);
    const { version } = changed.body;
    expect(changed.body).toMatchObject({ source: "api", policy: open, file: { in_force: false } });
    expect(changed.body.by).toMatch(/^key-/);
    expect((await gateway.run(hello)).body.decision?.rule).toBe(`api-v${version}:1`);
    expect((await put({ policy: open }, etag)).status).toBe(412);

    writeFileSync(file, denyBash);
    gateway.process().kill("SIGHUP");
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect((await get()).body).toMatchObject({ source: "api", version });
    await expect.poll(() => gateway.log()).toContain("the policy file is not in force: that of the API is");
  });

  test("survives a restart, is rolled back to a version of before, and goes back to the file", async () => {
    await gateway.restart();
    const after = await get();
    expect(after.body).toMatchObject({ source: "api", policy: open });
    const { items } = (await gateway.call<PolicyVersionList>("GET", "/v1/policy/versions")).body;
    expect(items.map((one) => one.source)).toEqual(["api", "file", "file", "file"]);
    expect(items[0]?.version).toBe(after.body.version);
    const old = await gateway.call<PolicyBody>("GET", "/v1/policy/versions/2");
    expect(old.body.policy).toBe(denyBash);

    const back = await put({ version: 3 });
    expect(back.body).toMatchObject({ source: "api", version: after.body.version + 1, policy: wantStandard });
    expect((await put({ version: 99 })).status).toBe(404);
    expect((await toFile()).body).toMatchObject({ source: "file", policy: denyBash, version: after.body.version + 2 });
    expect((await toFile()).body.version).toBe(after.body.version + 2);
  });

  test("needs the scopes policy:read and policy:write", async () => {
    const made = await gateway.call<{ key: string }>("POST", "/v1/keys", { name: "r", scopes: ["policy:read"] });
    const as = (method: string, path: string, body?: unknown) =>
      gateway.call<ErrorBody>(method, path, body, { authorization: `Bearer ${made.body.key}`, "if-match": "x" });
    expect((await as("GET", "/v1/policy")).status).toBe(200);
    expect((await as("PUT", "/v1/policy", { policy: open })).body.error.details).toEqual({ scope: "policy:write" });
    expect((await as("DELETE", "/v1/policy")).status).toBe(403);
  });

  test("a request is decided about without being run, rule by rule", async () => {
    const evaluate = (body: object) => gateway.call<EvaluationBody>("POST", "/v1/policy/evaluate", body);
    const denied = (await evaluate({ request: { code: "echo", language: "bash" } })).body;
    expect(denied).toMatchObject({ verdict: "deny", decision: null, error: { code: "policy_denied" } });
    expect(denied.rules).toEqual([
      { rule: "my-policy.yaml:2", name: "", match: "yes", decided: true },
      { rule: "my-policy.yaml:4", name: "default", match: "unread", decided: false },
    ]);
    const runs = (await evaluate({ request: hello })).body;
    expect(runs).toMatchObject({ verdict: "run", decision: { level: "basic" }, error: null });
    const tried = (await evaluate({ request: hello, policy: wantStandard })).body;
    expect(tried).toMatchObject({ verdict: "refuse", level: "standard", error: { code: "level_unavailable" } });
    const list = await gateway.call<{ items: unknown[] }>("GET", "/v1/runs?limit=1");
    expect(JSON.stringify(list.body)).not.toContain("queued");
  });

  test("cases are run against it, and another policy is held beside it", async () => {
    const cases =
      "cases:\n  - {given: {lang: bash}, expect: {deny: true}}\n  - {given: {lang: python}, expect: {level: strong}}\n";
    const tested = (await gateway.call<TestedPolicyBody>("POST", "/v1/policy/test", { cases })).body;
    expect(tested).toMatchObject({ passed: 1, failed: 1 });
    expect(tested.cases[1]).toMatchObject({ line: 3, differences: ["level is basic and was expected to be strong"] });
    const compared = (await gateway.call<ComparedPolicyBody>("POST", "/v1/policy/compare", { policy: wantStandard }))
      .body;
    expect(compared.differences).toContainEqual({ request: "lang bash, risk low", before: "denied", after: "basic" });
  });

  test("what was decided before comes out the same again, and another policy says what it would have changed", async () => {
    const again = (await gateway.call<ReplayBody>("POST", "/v1/policy/replay", {})).body;
    expect(again).toMatchObject({ skipped: 0, differences: [], next_cursor: null });
    expect(again.requests).toBeGreaterThan(4);
    const other = (await gateway.call<ReplayBody>("POST", "/v1/policy/replay", { policy: wantStandard })).body;
    expect(other.requests).toBe(again.requests);
    expect(other.differences).toContainEqual(
      expect.objectContaining({
        before: expect.stringContaining("bubblewrap (basic)"),
        after: "refused: level_unavailable",
      }),
    );
    const future = new Date(Date.now() + 60_000).toISOString();
    expect((await gateway.call<ReplayBody>("POST", "/v1/policy/replay", { since: future })).body.requests).toBe(0);
  });

  test("a gateway does not start with a file that has a mistake", async () => {
    const bad = join(folder, "bad.yaml");
    writeFileSync(bad, "default: dokcer\n");
    await expect(startGateway({ env: { HSR_POLICY_FILE: bad }, launcher: gateway.launcher })).rejects.toThrow(
      /ended with 78:\n(.*\n)*The policy is wrong:\n {2}bad\.yaml:1:10: default names "dokcer", which is no runtime; did you mean docker\?/,
    );
  });
});

describeWith(["bubblewrap"], "hsrctl policy", () => {
  let gateway: RunningGateway;
  const folder = mkdtempSync(join(tmpdir(), "hsr-policy-"));
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const ctl = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await hsrctl(["policy", ...args], { url: gateway.url, key: gateway.key });
    return { code, stdout: stdout.toString("utf8"), stderr };
  };
  beforeAll(async () => {
    gateway = await startGateway({ env: { HSR_POLICY_FILE: write("policy.yaml", denyBash) } });
  });
  afterAll(async () => {
    await gateway.stop();
    rmSync(folder, { recursive: true });
  });

  test("check says every mistake with its place, and exits with 1", async () => {
    const bad = write("bad.yaml", "rules:\n  - match: {lang: pyhton}\n    deny: x\n");
    const checked = await ctl("check", bad);
    expect(checked.code).toBe(1);
    expect(checked.stdout).toContain(
      `${bad}:2:19: match.lang has no "pyhton"; did you mean python?\n    Write one of: `,
    );
    expect(checked.stdout).toContain(`${bad}:1:1: the policy has no default\n`);
    expect(await ctl("check", write("good.yaml", wantStandard))).toMatchObject({ code: 0 });
  });

  test("test runs cases, and exits with 1 when one fails", async () => {
    const cases = write("cases.yaml", "cases:\n  - {name: no shells, given: {lang: bash}, expect: {deny: true}}\n");
    expect(await ctl("test", cases)).toMatchObject({
      code: 0,
      stdout: "ok    no shells  (policy.yaml:2)\n1 passed, 0 failed\n",
    });
    const failed = await ctl("test", cases, "--policy", write("good.yaml", wantStandard));
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain(`${cases}:2: deny is false and was expected to be true`);
  });

  test("explain shows which rule decides about a program", async () => {
    const explained = await ctl("explain", write("x.sh", "echo\n"));
    expect(explained.stdout).toMatch(/^it is denied\n(.*\n)*because +no shells here\n(.*\n)*→ +policy\.yaml:2 +yes/);
    expect((await ctl("explain", write("x.py", "print(1)\n"))).stdout).toMatch(/^it runs\n(.*\n)*runtime +bubblewrap/);
  });

  test("diff shows the lines, and the typical requests that would be decided otherwise", async () => {
    const { stdout } = await ctl("diff", write("other.yaml", denyBash.replace("bash", "[bash, python]")));
    expect(stdout).toContain("-   - match: {lang: bash}\n+   - match: {lang: [bash, python]}\n");
    expect(stdout).toMatch(/lang python, risk low +basic +denied\n/);
  });

  test("replay says which past requests would have been decided otherwise", async () => {
    await gateway.run(hello);
    expect(await ctl("replay", "--since", "7d")).toMatchObject({
      code: 0,
      stdout: "0 of 1 decisions would come out otherwise\n",
    });
    const other = await ctl(
      "replay",
      "--since",
      "7d",
      "--policy",
      write("deny.yaml", "default: {deny: nothing runs}\n"),
    );
    expect(other.code).toBe(1);
    expect(other.stdout).toMatch(/run-\w+ +bubblewrap \(basic\).* +refused: policy_denied\n1 of 1/);
  });

  test("set and unset change what is in force; show and versions tell of it", async () => {
    expect(await ctl("set", write("open.yaml", open))).toMatchObject({
      code: 0,
      stdout: "version 2 is in force, from open.yaml\n",
    });
    expect((await ctl("show")).stdout).toBe(open);
    expect((await ctl("show")).stderr).toMatch(/from +the API, brought in by key-/);
    const wrong = await ctl("set", write("bad.yaml", "default: {level: weak}\n"));
    expect(wrong).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/bad\.yaml:1:18: level has no "weak"/) as string,
    });
    expect(await ctl("unset")).toMatchObject({ stdout: "version 3 is in force, from policy.yaml\n" });
    expect(await ctl("set", "--version", "2")).toMatchObject({ stdout: "version 4 is in force, from the API\n" });
    expect((await ctl("versions")).stdout.split("\n").map((line) => line.slice(0, 12).trim())).toEqual([
      "VERSION  SOU",
      "4        api",
      "3        fil",
      "2        api",
      "1        fil",
      "",
    ]);
  });
});
