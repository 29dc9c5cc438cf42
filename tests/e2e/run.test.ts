import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";

describeWith(["bubblewrap"], "a run over REST", () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(async () => {
    await gateway.stop();
  });

  test("a python program runs and its result comes back", async () => {
    const { status, body, headers } = await gateway.run({ code: "print(6 * 7)", language: "python" });
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body).toMatchObject({
      state: "finished",
      reason: "exited",
      exit_code: 0,
      stdout: "42\n",
      stderr: "",
      signal: null,
    });
    expect(body.decision).toMatchObject({ level: "basic", runtime: "bubblewrap", rule: "builtin:asked-or-basic" });
    expect(headers.get("hsr-run-id")).toBe(body.id);
  });
});
