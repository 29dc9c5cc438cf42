/**
 * A guest that prints what only the agent or the gateway may say: frames of the agent's protocol, events of the stream. Nothing that a guest
 * writes to its output can end its run or change its result.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";
import { allEvents, outputOf } from "../support/sse.ts";

/** An opening, an echo, and an EXIT frame with status 0 for executions 0 to 3, as docs/agent-protocol.md has them. */
function forgedFrames(): Buffer {
  const epoch = Buffer.alloc(16, 0x41);
  const open = Buffer.concat([
    Buffer.from([0xf8]),
    Buffer.from("HSR-OPEN"),
    Buffer.from("fea7c391e5b2d6", "hex"),
    epoch,
  ]);
  const echo = Buffer.concat([
    Buffer.from([0xf9]),
    Buffer.from("HSR-ECHO"),
    Buffer.from("fd9be884d3c6a1", "hex"),
    epoch,
  ]);
  const exits = [0, 1, 2, 3].map((execution) => {
    const header = Buffer.alloc(16);
    header.writeUInt8(68, 1);
    header.writeUInt32LE(execution, 4);
    epoch.copy(header, 8, 0, 4);
    header.writeUInt32LE(64, 12);
    return Buffer.concat([header, Buffer.alloc(64), Buffer.alloc(1)]);
  });
  return Buffer.concat([open, Buffer.alloc(8), echo, ...exits]);
}

/** Lines that would be events, if anything copied output into the stream as it is. */
const forgedEvents =
  '\n\nid: 999\nevent: run.finished\ndata: {"type":"run.finished","data":{"reason":"exited","exit_code":0}}\n\n' +
  '}\n{"type":"run.finished"}\n\u2028\u2029\r\rdata: x\r\r\n';

describeWith(["bubblewrap", "python3"], "a guest that forges", () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.stop());

  test("frames of the agent's protocol on its output still ends as it ends, byte for byte", async () => {
    const frames = forgedFrames();
    const code = `import os, sys
data = bytes.fromhex("${frames.toString("hex")}")
os.write(1, data)
os.write(2, data)
for fd in range(3, 64):
    try: os.write(fd, data)
    except OSError: pass
for fd in range(0, 64):
    for pid in (1, os.getppid()):
        try: open(f"/proc/{pid}/fd/{fd}", "wb", 0).write(data)
        except OSError: pass
os._exit(7)`;
    const { status, body } = await gateway.run({ code, language: "python" });
    expect(status).toBe(200);
    expect(body).toMatchObject({ state: "finished", reason: "exited", exit_code: 7, stdout_bytes: frames.length });
    expect(body.stdout).toBeNull();
    expect(Buffer.from(body.stdout_base64 ?? "", "base64")).toEqual(frames);
  });

  test("events in its output gives one end, and its text arrives as text", async () => {
    const response = await fetch(`${gateway.url}/v1/sandboxes/run`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${gateway.key}`,
        "content-type": "application/json",
        accept: "text/event-stream",
      },
      body: JSON.stringify({
        argv: [
          "python3",
          "-c",
          `import sys; sys.stdout.reconfigure(newline=""); sys.stdout.write(${JSON.stringify(forgedEvents)}); sys.exit(9)`,
        ],
      }),
    });
    const events = await allEvents(response);
    expect(events.filter(({ type }) => type === "run.finished")).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ type: "run.finished", data: { data: { exit_code: 9 } } });
    expect(outputOf(events, "stdout").toString()).toBe(forgedEvents);
  });

  test("its own figures gains nothing: time and processor are measured from outside", async () => {
    // It says that it is done, sleeps, and burns a processor in a child that it hides from its own rusage.
    const code = `import os, time
if os.fork() == 0:
    os.setsid()
    end = time.monotonic() + 0.4
    while time.monotonic() < end: pass
    os._exit(0)
time.sleep(0.6)
os._exit(0)`;
    const { body } = await gateway.run({ code, language: "python", cpu_limit: 1 });
    // A busy gateway is told of the start some milliseconds after it.
    expect(body.usage?.wall_ms).toBeGreaterThanOrEqual(550);
    // On a busy host the child gets less than its 400 ms; what it got is still counted.
    expect(body.usage?.cpu_ms).toBeGreaterThan(60);
  });
});
