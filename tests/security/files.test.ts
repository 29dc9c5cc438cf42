/**
 * Files of a living sandbox while its guest fights for where they lead. What belongs to another user in it is never reached by the
 * file API, whatever the guest swaps under it. The control: with the closed folder's permissions taken away, the same requests reach it.
 */
import type { ErrorBody, Execution } from "@hsr/contract";
import { expect, test } from "vitest";
import { makeSandbox, type SandboxInTest } from "../support/files.ts";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";

const rounds = process.env["HSR_SOAK"] === undefined ? 200 : 10_000;

/** Swaps a folder of the guest's own for a link to the closed one, and back, as fast as it can. */
const swapper = `
import os, shutil
for name in ("real", "gone"):
    os.makedirs("/workspace/" + name, exist_ok=True)
open("/workspace/real/secret", "w").write("decoy")
os.symlink("/tmp/closed", "/workspace/link")
print("swapping", flush=True)
while True:
    try:
        os.rename("/workspace/real", "/workspace/door")
        os.rename("/workspace/door", "/workspace/real")
        os.rename("/workspace/link", "/workspace/door")
        os.rename("/workspace/door", "/workspace/link")
    except OSError:
        for name in ("real", "door"):
            if os.path.islink("/workspace/" + name): os.unlink("/workspace/" + name)
        # A write that found no folder there has made one: the fight goes on without it.
        shutil.rmtree("/workspace/door", ignore_errors=True)
        os.makedirs("/workspace/real", exist_ok=True)
        if not os.path.lexists("/workspace/link"): os.symlink("/tmp/closed", "/workspace/link")
`;

/** What came of an answer. One whose file changed while it was sent is cut off: what came before that may be the secret. */
async function textOf(response: Response): Promise<string> {
  let text = "";
  try {
    for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()))
      text += chunk;
  } catch (thrown) {
    if (!(thrown instanceof TypeError)) throw thrown;
  }
  return text;
}

async function execute(gateway: RunningGateway, box: SandboxInTest, body: object): Promise<Execution> {
  const answer = await gateway.call<Execution & ErrorBody>("POST", `/v1/sandboxes/${box.id}/exec`, body);
  if (answer.status >= 300) throw new Error(JSON.stringify(answer.body));
  return answer.body;
}

describeWith(["bubblewrap", "root"], "a guest that swaps folders for links", () => {
  /** What was reached of the closed folder. The control goes on until something is, since a race may be lost for long. */
  async function fight(
    folderMode: string,
    fileMode: string,
    goal: "rounds" | "reach" = "rounds",
  ): Promise<{ read: number; listed: number; kept: string }> {
    const gateway = await startGateway();
    try {
      const box = await makeSandbox(gateway);
      const closed = `mkdir -m ${folderMode} /tmp/closed && echo top-secret > /tmp/closed/secret && chmod ${fileMode} /tmp/closed/secret`;
      await execute(gateway, box, { argv: ["sh", "-c", closed], user: 1001 });
      await execute(gateway, box, { language: "python", code: swapper, background: true });
      let read = 0;
      let listed = 0;
      const most = goal === "rounds" ? rounds : 20_000;
      for (let round = 0; round < most && (goal === "rounds" || read + listed === 0); round += 1) {
        const answers = await Promise.all([
          box.fetch("", { path: "door/secret" }).then(textOf),
          box.fetch("/list", { path: "door", depth: "3" }).then(textOf),
          box.write(`door/planted${round}`, "x").then(() => ""),
          // What was removed could not be read any more.
          goal === "reach" ? "" : box.fetch("", { path: "door/secret" }, { method: "DELETE" }).then(() => ""),
          box.json("POST", "/chmod", {}, { path: "door/secret", mode: 0o666 }).then(() => ""),
        ]);
        if (answers[0]?.includes("top-secret") === true) read += 1;
        if (answers[1]?.includes('"bytes":11') === true) listed += 1;
      }
      const inside = await execute(gateway, box, {
        argv: ["sh", "-c", "ls -A /tmp/closed; stat -c %a /tmp/closed/secret"],
        user: 1001,
      });
      await box.remove();
      return { read, listed, kept: inside.stdout ?? "" };
    } finally {
      await gateway.stop();
    }
  }

  test("reads, lists, writes, changes and removes nothing that it may not itself", {
    timeout: 20 * 60_000,
  }, async () => {
    expect(await fight("700", "600")).toEqual({ read: 0, listed: 0, kept: "secret\n600\n" });
  });

  test("and reaches all of it where the folder is open to everybody", { timeout: 20 * 60_000 }, async () => {
    const { read, listed, kept } = await fight("777", "666", "reach");
    expect(read + listed + (kept === "secret\n600\n" ? 0 : 1)).toBeGreaterThan(0);
  });
});
