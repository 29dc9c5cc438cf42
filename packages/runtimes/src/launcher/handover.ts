import { createConnection, type Socket } from "node:net";
import { decode, decodeHeader, headerBytes, type Message } from "./wire.ts";

/**
 * Sends one request on a connection of its own and reads exactly the one reply. What comes after it belongs to the
 * sandbox's agent and stays in the socket, unread. Rejects if the launcher cannot be reached, hangs up or is silent.
 */
export function handOver(
  socketPath: string,
  request: Buffer,
  timeoutMs: number,
): Promise<{ reply: Message; stream: Socket }> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path: socketPath, allowHalfOpen: true });
    let header: Buffer | null = null;
    const timer = setTimeout(() => fail(new Error("the launcher did not answer in time")), timeoutMs);
    const settle = (): void => {
      clearTimeout(timer);
      socket.off("readable", read);
      socket.off("error", fail);
      socket.off("end", hungUp);
    };
    const fail = (error: Error): void => {
      settle();
      // A late error of a socket that nobody uses any more says nothing.
      socket.on("error", () => undefined);
      socket.destroy();
      reject(error);
    };
    const hungUp = (): void => fail(new Error("the launcher hung up"));
    const read = (): void => {
      try {
        header ??= socket.read(headerBytes) as Buffer | null;
        if (header === null) return;
        const { bodyBytes, type, request: number } = decodeHeader(header);
        const body = bodyBytes === 0 ? Buffer.alloc(0) : (socket.read(bodyBytes) as Buffer | null);
        if (body === null) return;
        const reply = decode(type, number, body);
        settle();
        // It may break before anybody takes it: without a listener that would end the whole process.
        socket.on("error", () => undefined);
        resolve({ reply, stream: socket });
      } catch (error) {
        fail(error as Error);
      }
    };
    socket.on("readable", read);
    socket.on("error", fail);
    socket.on("end", hungUp);
    socket.write(request);
  });
}
