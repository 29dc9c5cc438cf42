/** Watching a folder of a living sandbox. */
import type { ErrorBody, FileChange, Sandbox } from "@hsr/contract";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";

interface Seen {
  readonly id: string;
  readonly data: FileChange;
}

describeWith(["bubblewrap"], "watching a folder", () => {
  let gateway: RunningGateway;
  let sandbox: Sandbox;
  beforeAll(async () => {
    gateway = await startGateway();
    sandbox = (await gateway.call<Sandbox>("POST", "/v1/sandboxes", {})).body;
  });
  afterAll(() => gateway.stop());

  const sh = (line: string) => gateway.call("POST", `/v1/sandboxes/${sandbox.id}/exec`, { argv: ["sh", "-c", line] });
  const address = (path: string, depth = 1) => `/v1/sandboxes/${sandbox.id}/files/watch?path=${path}&depth=${depth}`;

  /** Follows a watch; `stop` ends it as a client does that goes away. */
  async function follow(path: string, lastId?: string) {
    const stop = new AbortController();
    const response = await fetch(gateway.url + path, {
      headers: { authorization: `Bearer ${gateway.key}`, ...(lastId === undefined ? {} : { "last-event-id": lastId }) },
      signal: stop.signal,
    });
    expect(response.status, response.status === 200 ? "" : await response.text()).toBe(200);
    const seen: Seen[] = [];
    const read = async () => {
      let rest = "";
      for await (const text of (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream())) {
        rest += text;
        const parts = rest.split("\n\n");
        rest = parts.pop() ?? "";
        for (const part of parts) {
          const data = /^data: (.*)$/m.exec(part)?.[1];
          if (data !== undefined) seen.push(JSON.parse(data) as Seen);
        }
      }
    };
    const ended = read().catch(() => "stopped, or the gateway died");
    return { seen, stop: () => stop.abort(), ended };
  }
  const told = (seen: readonly Seen[]) =>
    seen.map(({ data }) => `${data.kind} ${data.path}${data.to ? ` ${data.to.path}` : ""}`);

  it("tells what is made, changed, moved and removed, as deep as was asked for", async () => {
    await sh("mkdir -p watched/deep");
    const watch = await follow(address("watched", 2));
    await sh(
      "echo a > watched/one; sleep 0.1; mv watched/one watched/two; sleep 0.1; rm watched/two; echo b > watched/deep/three",
    );
    await expect.poll(() => told(watch.seen).join("; "), { timeout: 5000 }).toContain("created deep/three");
    const all = told(watch.seen);
    expect(all).toContain("created one");
    expect(all).toContain("moved one two");
    expect(all).toContain("deleted two");
    watch.stop();
  });

  it("goes on where a reader was, also at the next gateway, and says what it cannot know", async () => {
    await sh("mkdir -p kept");
    const first = await follow(address("kept"));
    await sh("echo a > kept/before");
    await expect.poll(() => told(first.seen)).toContain("created before");
    const last = first.seen.at(-1)?.id ?? "";
    first.stop();
    await sh("echo a > kept/between");
    const second = await follow(address("kept"), last);
    await expect.poll(() => told(second.seen)).toContain("created between");
    expect(told(second.seen)).not.toContain("created before");
    await gateway.restart();
    await sh("echo a > kept/after");
    const third = await follow(address("kept"), second.seen.at(-1)?.id);
    await expect.poll(() => told(third.seen)).toContain("created after");
    expect(told(third.seen)).not.toContain("created between");
    third.stop();
    const stranger = await follow(address("kept"), "12345.9");
    await expect.poll(() => told(stranger.seen)[0]).toBe("overflow ");
    stranger.stop();
  });

  it("ends with the folder, and refuses what is none", async () => {
    await sh("mkdir -p gone; mkdir -m 000 closed; echo a > file");
    const watch = await follow(address("gone"));
    await sh("rmdir gone");
    await watch.ended;
    expect(told(watch.seen).at(-1)).toBe("deleted ");
    for (const [path, code] of [
      ["nowhere", "file_not_found"],
      ["file", "file_kind"],
      ["closed", "file_access_denied"],
    ] as const) {
      const refused = await gateway.call<ErrorBody>("GET", address(path));
      expect([path, refused.body.error?.code]).toEqual([path, code]);
    }
  });

  it("finds room again for watches that nobody comes back to", async () => {
    await gateway.restart();
    for (let round = 0; round < 2; round += 1) {
      const watches = await Promise.all(Array.from({ length: 14 }, () => follow(address("kept"))));
      // The gateway dies, and with it whoever followed them.
      await gateway.restart();
      await Promise.all(watches.map(({ ended }) => ended));
    }
    const watch = await follow(address("kept"));
    await sh("echo a > kept/last");
    await expect.poll(() => told(watch.seen)).toContain("created last");
    watch.stop();
  });
});
