import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { finish, program, type RealAgent, startRealAgent } from "./testing/real-agent.ts";

let real: RealAgent;
beforeEach(async () => {
  real = await startRealAgent();
});
afterEach(() => real.stop());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("standard input", () => {
  test("is at its end from the start when there is none", async () => {
    expect(await finish(real.open().start(1, program(["cat"])))).toMatchObject({ stdout: "", code: 0 });
  });

  test("that is empty ends at once", async () => {
    const spec = program(["cat"], { stdin: new Uint8Array(0) });
    expect(await finish(real.open().start(1, spec))).toMatchObject({ stdout: "", code: 0 });
  });

  test("of 5 MB arrives whole", async () => {
    const stdin = Buffer.alloc(5_000_000, "0123456789");
    const spec = program(["sha256sum"], { stdin });
    const hash = (await import("node:crypto")).createHash("sha256").update(stdin).digest("hex");
    expect((await finish(real.open().start(1, spec))).stdout).toBe(`${hash}  -\n`);
  });

  test("that nobody reads holds its writer back after the pipe and the agent's window", async () => {
    const agent = real.open();
    const execution = agent.start(1, program(["sleep", "100"], { stdin: "open" }));
    const write = execution.writeStdin(Buffer.alloc(1_000_000));
    expect(await Promise.race([write, pause(100).then(() => "held")])).toBe("held");
    const [state] = await agent.list();
    expect(state?.stdinBytes).toBeLessThanOrEqual(2 * 65_536);
    await execution.signal(9, "group");
    await expect(write).rejects.toMatchObject({ code: "EPIPE" });
  });

  test("that the program closes makes later writes fail with EPIPE", async () => {
    const agent = real.open();
    const execution = agent.start(1, program(["sh", "-c", "exec <&-; echo closed; sleep 100"], { stdin: "open" }));
    for await (const chunk of execution.output) {
      expect(Buffer.from(chunk.bytes).toString()).toBe("closed\n");
      break;
    }
    await pause(20);
    await expect(execution.writeStdin(Buffer.from("x"))).rejects.toMatchObject({ code: "EPIPE" });
    await execution.signal(9, "group");
  });

  test("written piece by piece, and then ended, is one stream", async () => {
    const execution = real.open().start(1, program(["cat"], { stdin: "open" }));
    for (const word of ["a", "b", "c"]) await execution.writeStdin(Buffer.from(word));
    execution.endStdin();
    expect((await finish(execution)).stdout).toBe("abc");
  });

  test("goes on after a re-attach where the agent has it", async () => {
    const earlier = real.open();
    const first = earlier.start(1, program(["cat"], { stdin: "open" }));
    await first.writeStdin(Buffer.from("first "));
    await earlier.ping();
    const agent = real.open();
    const [state] = await agent.list();
    const second = agent.follow(1, { stdout: 0, stderr: 0 }, { stdinOffset: state?.stdinBytes ?? 0 });
    await second.writeStdin(Buffer.from("second"));
    second.endStdin();
    expect((await finish(second)).stdout).toBe("first second");
  });
});

describe("a terminal", () => {
  const size = { rows: 24, cols: 80 };

  test("is the controlling terminal, has the size asked for, and follows a resize", async () => {
    const script =
      "tty >/dev/null && test -t 0 -a -t 1 -a -t 2 && stty size </dev/tty; trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.01; done";
    const execution = real.open().start(1, program(["bash", "-c", script], { terminal: size }));
    let seen = "";
    for await (const chunk of execution.output) {
      seen += Buffer.from(chunk.bytes).toString();
      if (seen.includes("ready") && !seen.includes("50 120")) await execution.resize(50, 120);
    }
    expect(seen).toBe("24 80\r\nready\r\n50 120\r\n");
  });

  test("echoes, cooks lines, and turns ^C into a signal and ^D into the end", async () => {
    const agent = real.open();
    const cat = agent.start(1, program(["cat"], { terminal: size }));
    await cat.writeStdin(Buffer.from("line\n"));
    cat.endStdin();
    expect(await finish(cat)).toMatchObject({ stdout: "line\r\nline\r\n", code: 0 });
    const sleep = agent.start(2, program(["sleep", "100"], { terminal: size }));
    await sleep.started;
    await sleep.writeStdin(Buffer.from([3]));
    expect((await finish(sleep)).signal).toBe(2);
  });

  test("that its program closes on its way out does not kill it, and one that comes back goes on", async () => {
    const agent = real.open();
    for (let i = 0; i < 20; i++) {
      const script =
        "exec 0<&- 1>&- 2>&-; i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done; echo back >/dev/tty; exit 6";
      const execution = agent.start(i, program(["sh", "-c", script], { terminal: size }));
      expect(await finish(execution)).toEqual({ stdout: "back\r\n", stderr: "", code: 6, signal: null });
      execution.forget();
    }
  });

  test("has no size to change where there is none", async () => {
    const execution = real.open().start(1, program(["sleep", "100"]));
    await expect(execution.resize(1, 1)).rejects.toMatchObject({ code: "ENOTTY" });
  });

  test("that is left by its program ends, though a daemon holds it", async () => {
    const spec = program(["bash", "-c", "setsid sleep 100 & sleep 0.05; exit 4"], { terminal: size });
    expect((await finish(real.open().start(1, spec))).code).toBe(4);
  });
});
