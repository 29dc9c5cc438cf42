/** A terminal's client for tests: what it was told, and the bytes that it was shown, with what it may do. */
import { once } from "node:events";
import type { TerminalMessage } from "@hsr/contract";
import { WebSocket } from "ws";
import type { RunningGateway } from "./gateway.ts";

export interface Terminal {
  readonly socket: WebSocket;
  readonly messages: TerminalMessage[];
  /** Everything that was shown so far. */
  text(): string;
  bytes(): number;
  /** Resolves when the text matches; rejects with it after a while. */
  shows(expected: RegExp): Promise<void>;
  type(text: string): void;
  say(message: object): void;
  /** The code and the reason of the close. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

const patienceMs = 5_000;

/** Attaches; rejects with the status and the error's code when it is refused. */
export async function attach(
  gateway: RunningGateway,
  path: string,
  options: { readonly headers?: Record<string, string>; readonly protocols?: readonly string[] } = {},
): Promise<Terminal> {
  const headers = options.headers ?? { authorization: `Bearer ${gateway.key}` };
  const socket = new WebSocket(gateway.url.replace("http", "ws") + path, [...(options.protocols ?? [])], {
    headers,
    perMessageDeflate: false,
  });
  const messages: TerminalMessage[] = [];
  const pieces: Buffer[] = [];
  socket.on("message", (data: Buffer, isBinary) => {
    if (isBinary) pieces.push(data);
    else messages.push(JSON.parse(data.toString()) as TerminalMessage);
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once("close", (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  const refused = new Promise<never>((_resolve, reject) => {
    socket.once("unexpected-response", (_request, response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.on("end", () => {
        const { error } = JSON.parse(body) as { error?: { code: string } };
        reject(new Error(`${response.statusCode} ${error?.code ?? "no error"}`));
      });
    });
  });
  refused.catch(() => "told by the race");
  await Promise.race([once(socket, "open"), refused]);
  socket.on("error", () => "it closes");
  const text = () => Buffer.concat(pieces).toString("latin1");
  return {
    socket,
    messages,
    text,
    bytes: () => pieces.reduce((sum, piece) => sum + piece.length, 0),
    shows: async (expected) => {
      const until = performance.now() + patienceMs;
      while (!expected.test(text())) {
        if (performance.now() > until) throw new Error(`it shows ${JSON.stringify(text().slice(-2000))}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    type: (typed) => socket.send(Buffer.from(typed), { binary: true }),
    say: (message) => socket.send(JSON.stringify(message), { binary: false }),
    closed,
  };
}
