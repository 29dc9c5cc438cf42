import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { RunRecord } from "@hsr/core";
import { expect, test } from "vitest";
import { within } from "./wait.ts";

test("a wait ends when its client goes away", async () => {
  const endless = new Promise<RunRecord>(() => {});
  const waited = Promise.withResolvers<RunRecord | null>();
  const server = createServer((_request, response) => {
    within(endless, 3_600_000, response).then(waited.resolve, waited.reject);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  client.write("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
  await once(server, "request");
  client.destroy();
  expect(await waited.promise).toBeNull();
  server.close();
});
