import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { handOver } from "./handover.ts";
import { encode, messageTypes } from "./wire.ts";

test("a stream that breaks before anybody took it harms nobody", async () => {
  const folder = mkdtempSync(join(tmpdir(), "hsr-handover-"));
  const peers: Socket[] = [];
  const server = createServer((peer) => {
    peers.push(peer);
    peer.once("data", () => peer.pause().write(encode(messageTypes.ok, 1, {})));
  });
  const path = join(folder, "socket");
  server.listen(path);
  await once(server, "listening");
  const { stream } = await handOver(path, Buffer.alloc(50), 2000);
  const closed = new Promise((resolve) => stream.once("close", resolve));
  await new Promise((resolve) => setTimeout(resolve, 20));
  peers[0]?.destroy();
  await new Promise((resolve) => setTimeout(resolve, 20));
  stream.write(Buffer.alloc(1000));
  await closed;
  expect(stream.errored).not.toBeNull();
  server.close();
  rmSync(folder, { recursive: true });
});
