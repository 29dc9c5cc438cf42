/**
 * Events, once as a stream and once posted to us, which somebody else could do too: `node examples/webhook.ts`. The gateway has
 * to allow the address: HSR_WEBHOOKS_ALLOWED_HOSTS=127.0.0.1:8099
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { verifyWebhook } from "@hsr/sdk";
import { client } from "./client.ts";

const hsr = client();
const port = Number(process.argv[2] ?? 8099);
const told = Promise.withResolvers<void>();
let secret = "";

const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on("data", (piece: Buffer) => pieces.push(piece));
  request.once("end", () => {
    const body = Buffer.concat(pieces).toString();
    verifyWebhook({ secret, headers: request.headers, body }).then(
      (event) => {
        console.log(`told of ${event.type}`);
        response.writeHead(204).end();
        told.resolve();
      },
      () => response.writeHead(401).end(),
    );
  });
});
server.listen(port, "127.0.0.1");
await once(server, "listening");

const webhook = await hsr.call("createWebhook", {
  body: { url: `http://127.0.0.1:${port}/`, types: ["sandbox.ended"] },
});
secret = webhook.secret;
const forged = await fetch(webhook.url, { method: "POST", body: "{}" });
console.log(`somebody else: ${forged.status}`);

const sandbox = await hsr.sandboxes.create();
await sandbox.delete();
await told.promise;
for await (const event of hsr.events({ from: "oldest", subject: sandbox.id })) {
  console.log(`seen: ${event.type}`);
  if (event.type === "sandbox.ended") break;
}
await hsr.call("deleteWebhook", { path: { id: webhook.id } });
server.closeAllConnections();
server.close();
