/** A door before a gateway, for tests of what goes on when the gateway behind it is another one. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";

/** An address that stays while the gateway behind it is another one, as behind a load balancer. */
export async function startDoor(behind: () => string): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((client) => {
    const upstream = connect(Number(new URL(behind()).port), "127.0.0.1");
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.pipe(to);
      // A broken side is told to the other one, and is what this is for.
      from.on("error", () => to.destroy()).on("close", () => to.destroy());
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}
