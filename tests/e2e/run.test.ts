/** What one run answers: languages, input, output, limits, and whose fault it is when a program does not start. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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
  const MiB = 1024 * 1024;

  describe("programs", () => {
    test.for([
      ["python", "import sys; print(6 * 7, sys.argv[1:])", "42 ['a', 'b c']\n"],
      ["javascript", "console.log(6 * 7, process.argv.slice(2).join('|'))", "42 a|b c\n"],
      ["typescript", "const n: number = 42; console.log(n, process.argv.slice(2).join('|'))", "42 a|b c\n"],
      ["bash", 'echo 42 "$@"', "42 a b c\n"],
    ] as const)("%s runs its code with arguments", async ([language, code, stdout]) => {
      const { status, body } = await gateway.run({ code, language, args: ["a", "b c"] });
      expect(status, JSON.stringify(body)).toBe(200);
      expect(body).toMatchObject({
        state: "finished",
        reason: "exited",
        exit_code: 0,
        signal: null,
        stdout,
        stderr: "",
        language,
      });
    });

    test("the answer says what was decided, used and found in the code", async () => {
      const { body, headers } = await gateway.run({ argv: ["true"], labels: { job: "x/1" } });
      expect(body.decision).toMatchObject({
        level: "basic",
        runtime: "bubblewrap",
        rule: expect.stringMatching(/^everything-basic\.yaml:\d+$/),
        preference_met: null,
      });
      expect(body.risk).toMatchObject({ analyzed: true, score: 0, level: "low", capabilities: [], findings: [] });
      expect(body.usage?.wall_ms).toBeGreaterThan(0);
      expect(body).toMatchObject({ labels: { job: "x/1" }, language: null, error: null });
      expect(headers.get("hsr-run-id")).toBe(body.id);
      expect(Date.parse(body.created_at)).toBeLessThanOrEqual(Date.parse(body.started_at ?? ""));
    });

    test("argv is no shell, stdin and environment arrive, and the exit status is the program's", async () => {
      const echo = await gateway.run({ argv: ["/bin/echo", "$HOME; `id`"] });
      expect(echo.body.stdout).toBe("$HOME; `id`\n");
      const { body } = await gateway.run({
        argv: ["sh", "-c", "cat; echo $WHO >&2; exit 3"],
        stdin: "in put",
        environment: { WHO: "me" },
      });
      expect(body).toMatchObject({ reason: "exited", exit_code: 3, stdout: "in put", stderr: "me\n" });
    });

    test("without stdin a program reads end of file at once", async () => {
      const { body } = await gateway.run({ argv: ["cat"] });
      expect(body).toMatchObject({ reason: "exited", exit_code: 0, stdout: "" });
    });

    test("stdin larger than every buffer on the way arrives whole", async () => {
      const stdin = "0123456789abcdef".repeat(120_000);
      const { body } = await gateway.run({ argv: ["sha256sum"], stdin });
      const { createHash } = await import("node:crypto");
      expect(body.stdout).toContain(createHash("sha256").update(stdin).digest("hex"));
    });

    test("files are there before the program starts, with their modes, also large ones", async () => {
      const large = Buffer.alloc(3 * MiB, "x");
      const { body } = await gateway.run({
        argv: ["sh", "-c", "cat deep/er/a.txt; ./run.sh; stat -c '%a %s' /tmp/large; od -An -tx1 bin"],
        files: [
          { path: "deep/er/a.txt", content: "hé\n" },
          { path: "run.sh", content: "#!/bin/sh\necho ran\n", mode: 0o755 },
          { path: "/tmp/large", content_base64: large.toString("base64"), mode: 0o600 },
          { path: "/workspace/bin", content_base64: "AP8K" },
        ],
      });
      expect(body).toMatchObject({ exit_code: 0, stdout: "hé\nran\n600 3145728\n 00 ff 0a\n" });
    });

    test("output that is not UTF-8 comes as base64, and only that stream", async () => {
      const { body } = await gateway.run({ argv: ["sh", "-c", "printf '\\377\\000a'; echo fine >&2"] });
      expect(body).toMatchObject({
        stdout: null,
        stdout_base64: Buffer.from([255, 0, 97]).toString("base64"),
        stderr: "fine\n",
      });
    });
  });

  describe("ends", () => {
    test("a program that sleeps is ended at its wall-clock limit", async () => {
      const began = performance.now();
      const { status, body } = await gateway.run({ argv: ["sleep", "30"], timeout: 300 });
      expect(status).toBe(200);
      expect(body).toMatchObject({ reason: "timeout", exit_code: null });
      expect(performance.now() - began).toBeLessThan(1500);
      expect(body.usage?.wall_ms).toBeGreaterThanOrEqual(299);
    });

    test("output before the timeout is kept", async () => {
      const { body } = await gateway.run({
        code: "print('early')\nwhile True: pass",
        language: "python",
        timeout: 500,
      });
      expect(body).toMatchObject({ reason: "timeout", stdout: "early\n" });
    });

    test("a signal that the program sends itself is `signaled`", async () => {
      const { body } = await gateway.run({ argv: ["sh", "-c", "kill -SEGV $$"] });
      expect(body).toMatchObject({ reason: "signaled", exit_code: null, signal: "SIGSEGV" });
    });

    test("a memory bomb is out_of_memory, not an unexplained 137", async () => {
      const { body } = await gateway.run({
        code: "b = []\nwhile True: b.append(bytearray(1 << 20))",
        language: "python",
        memory_limit: 64 * MiB,
      });
      expect(body.reason).toBe("out_of_memory");
    });

    test("more output than the limit is dropped and counted, and the run goes on", async () => {
      const { body } = await gateway.run({
        argv: ["sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' x; echo end >&2"],
        output_limit_bytes: 1000,
      });
      expect(body).toMatchObject({
        reason: "exited",
        exit_code: 0,
        stdout: "x".repeat(1000),
        stdout_truncated: 2_999_000,
        stderr: "end\n",
      });
    });

    test("a flood of output costs the gateway no memory worth speaking of", async () => {
      const { body } = await gateway.run({ argv: ["sh", "-c", "head -c 300000000 /dev/zero"], output_limit_bytes: 10 });
      expect(body).toMatchObject({ reason: "exited", stdout: "\0".repeat(10), stdout_truncated: 299_999_990 });
    });

    test('with on_output_limit "kill" the run ends there', async () => {
      const { body } = await gateway.run({ argv: ["yes"], output_limit_bytes: 1000, on_output_limit: "kill" });
      expect(body).toMatchObject({ reason: "output_limit", stdout_bytes: 1000 });
    });

    test("large output within the limit comes back whole, through the spool", async () => {
      const { body } = await gateway.run({ argv: ["sh", "-c", "seq 1 400000"], output_limit_bytes: 8 * MiB });
      const expected = Array.from({ length: 400_000 }, (_, i) => `${i + 1}\n`).join("");
      expect(body.stdout === expected).toBe(true);
      const again = await gateway.call("GET", `/v1/runs/${body.id}`);
      expect(again.body.stdout === expected).toBe(true);
    });

    test("a grandchild that keeps stdout open does not keep the run open, and is killed", async () => {
      const began = performance.now();
      const { body } = await gateway.run({ argv: ["sh", "-c", "setsid sleep 30 & echo done"] });
      expect(body).toMatchObject({ reason: "exited", exit_code: 0, stdout: "done\n" });
      expect(performance.now() - began).toBeLessThan(2000);
      expect(await gateway.launcher.client.list()).toEqual([]);
    });
  });

  describe("what is not run", () => {
    const refused = async (request: object, headers?: Record<string, string>) => {
      const { status, body } = await gateway.call("POST", "/v1/sandboxes/run", request, headers);
      return { status, ...(body.error ?? body) };
    };

    test("a program that does not exist is the caller's fault, and the run keeps that", async () => {
      const error = await refused({ argv: ["no-such-program"] });
      expect(error).toMatchObject({
        status: 400,
        code: "program_not_found",
        class: "invalid_request",
        field: "argv[0]",
      });
      const id = (error as unknown as { details: { run_id: string } }).details.run_id;
      const { body } = await gateway.call("GET", `/v1/runs/${id}`);
      expect(body).toMatchObject({
        state: "finished",
        reason: "setup_failed",
        error: { code: "program_not_found" } as never,
      });
    });

    test("a program that cannot be executed says so", async () => {
      expect(await refused({ argv: ["/workspace/x"], files: [{ path: "x", content: "text" }] })).toMatchObject({
        status: 400,
        code: "program_not_executable",
      });
    });

    test.for([
      [{}, "invalid_request", "code"],
      [{ code: "1" }, "invalid_request", "language"],
      [{ code: "1", language: "cobol" }, "invalid_request", "language"],
      [{ argv: [] }, "invalid_request", "argv"],
      [{ argv: [""] }, "invalid_request", "argv[0]"],
      [{ argv: ["a\0b"] }, "invalid_request", "argv[0]"],
      [{ argv: ["true"], code: "1" }, "invalid_request", "code"],
      [{ argv: ["true"], timeout: "1000" }, "invalid_request", "timeout"],
      [{ argv: ["true"], timeout: 0 }, "invalid_request", "timeout"],
      [{ argv: ["true"], timeout: 1.5 }, "invalid_request", "timeout"],
      [{ argv: ["true"], isolation_levle: "strong" }, "invalid_request", "isolation_levle"],
      [
        { argv: ["true"], disk_limit_bytes: 200 * 1024 * 1024, memory_limit: 256 * 1024 * 1024 },
        "invalid_request",
        "disk_limit_bytes",
      ],
      [{ argv: ["true"], environment: { "A=B": "1" } }, "invalid_request", "environment.A=B"],
      [{ argv: ["true"], files: [{ path: "a" }] }, "invalid_request", "files[0]"],
      [
        { argv: ["true"], files: [{ path: "a", content_base64: "%%%%" }] },
        "invalid_request",
        "files[0].content_base64",
      ],
      [{ argv: ["true"], files: [{ path: "../a", content: "" }] }, "invalid_path", "files[0].path"],
      [{ argv: ["true"], files: [{ path: "/etc/passwd", content: "" }] }, "invalid_path", "files[0].path"],
      [
        {
          argv: ["true"],
          files: [
            { path: "a", content: "" },
            { path: "a", content: "" },
          ],
        },
        "invalid_path",
        "files[1].path",
      ],
      [{ code: "1", language: "python", files: [{ path: "main.py", content: "" }] }, "invalid_path", "files[0].path"],
    ] as const)("%j is refused as %s at %s", async ([request, code, field]) => {
      expect(await refused(request)).toMatchObject({ status: 400, code, field });
    });

    test("another network is unsupported, a path of the host cannot be named, and nothing is silently dropped", async () => {
      expect(await refused({ argv: ["true"], network: "full" })).toMatchObject({
        status: 422,
        class: "unsupported",
        field: "network",
      });
      expect(await refused({ argv: ["true"], mounts: [{ source: "/", destination: "/workspace/x" }] })).toMatchObject({
        status: 422,
        class: "unsupported",
        field: "mounts[0].source",
      });
      expect((await gateway.run({ argv: ["true"], network: "none", mounts: [] })).status).toBe(200);
    });

    test("an isolation level that this host lacks is unavailable, and never softened", async () => {
      const error = await refused({ argv: ["true"], isolation_level: "maximum" });
      expect(error).toMatchObject({
        status: 503,
        code: "level_unavailable",
        class: "unavailable",
        field: "isolation_level",
      });
      expect(error.message).toContain("bubblewrap (basic)");
    });

    test("a demanded runtime is a demand, a preferred one a wish", async () => {
      expect(await refused({ argv: ["true"], secure_runtime: "gvisor" })).toMatchObject({
        status: 503,
        code: "runtime_unavailable",
      });
      const { status, body } = await gateway.run({ argv: ["true"], runtime_preference: "gvisor" });
      expect(status).toBe(200);
      expect(body.decision).toMatchObject({ runtime: "bubblewrap", preference_met: false });
      expect(body.decision?.reasons.join(" ")).toContain("gvisor");
    });

    test("files that do not fit are the caller's fault", async () => {
      const content = "x".repeat(3 * MiB);
      expect(await refused({ argv: ["true"], disk_limit_bytes: MiB, files: [{ path: "a", content }] })).toMatchObject({
        status: 400,
        field: "files[0]",
      });
    });
  });
});
