/** The second listener, opened and closed with the gateway. */
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { type Config, splitListen } from "../config.ts";
import { createPortServer, type PortServerPorts, type PublicAddress } from "./server.ts";

export interface PortDoor {
  /** How clients reach it; `null` where it is not opened. */
  readonly address: PublicAddress | null;
  close(): Promise<void>;
}

export async function openPortDoor(config: Config, ports: PortServerPorts): Promise<PortDoor> {
  const { listen, connections, publicAddress } = config.ports;
  if (listen === "") return { address: null, close: () => Promise.resolve() };
  let address: PublicAddress = { scheme: "http", host: "localhost" };
  const server = createPortServer(
    { address: () => address, connections, headersTimeoutMs: config.server.headersTimeoutMs },
    ports,
  );
  // Those that were upgraded too, which the server itself no longer counts among its own.
  const open = new Set<Socket>();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  const { host, port } = listen === "auto" ? nextTo(config.server.listen) : splitListen(listen);
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Error(
      `ports.listen: cannot listen on ${host}:${port} (${code ?? "unknown"}); HSR_PORTS_LISTEN sets another`,
      {
        cause,
      },
    );
  }
  const shown = new URL(
    publicAddress === "" ? `http://localhost:${(server.address() as AddressInfo).port}` : publicAddress,
  );
  address = { scheme: shown.protocol === "https:" ? "https" : "http", host: shown.host };
  ports.log.info({ listen, public_address: shown.origin }, "ports of sandboxes are served");
  return {
    address,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/** The API's host and the port after its own. */
function nextTo(listen: string): { readonly host: string; readonly port: number } {
  const { host, port } = splitListen(listen);
  return { host, port: port === 0 ? 0 : port + 1 };
}
