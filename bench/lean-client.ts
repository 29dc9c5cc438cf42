/**
 * A load generator that costs next to nothing: one request at a time on a kept-alive socket, answers with a length. Node's own client takes
 * most of a millisecond of processor time for each run, which on a small machine is taken from what is measured.
 */
import { connect, type Socket } from "node:net";

/** What came back. */
export interface LeanAnswer {
  readonly status: number;
  readonly body: string;
}

class Connection {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #waiting: { readonly resolve: (answer: LeanAnswer) => void; readonly reject: (error: Error) => void } | null = null;

  constructor(host: string, port: number) {
    this.#socket = connect({ host, port, noDelay: true });
    this.#socket.on("data", (chunk: Buffer) => this.#take(chunk));
    this.#socket.on("error", (error) => this.#fail(error));
    this.#socket.on("close", () => this.#fail(new Error("the gateway closed the connection")));
  }

  send(request: string): Promise<LeanAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<LeanAnswer>();
    this.#waiting = { resolve, reject };
    this.#socket.write(request);
    return promise;
  }

  close(): void {
    this.#socket.destroy();
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = null;
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const end = this.#received.indexOf("\r\n\r\n");
    if (end < 0) return;
    const head = this.#received.toString("latin1", 0, end);
    const length = /content-length: (\d+)/i.exec(head)?.[1];
    if (length === undefined) {
      this.#fail(new Error(`an answer without a length: ${head}`));
      return;
    }
    const whole = end + 4 + Number(length);
    if (this.#received.length < whole) return;
    const body = this.#received.toString("utf8", end + 4, whole);
    this.#received = this.#received.subarray(whole);
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.resolve({ status: Number(head.slice(9, 12)), body });
  }
}

/** As many connections as calls are under way at once. */
export class LeanClient {
  readonly #url: URL;
  readonly #key: string;
  readonly #idle: Connection[] = [];
  readonly #all: Connection[] = [];

  constructor(url: string, key: string) {
    this.#url = new URL(url);
    this.#key = key;
  }

  async post(path: string, body: object): Promise<LeanAnswer> {
    let connection = this.#idle.pop();
    if (connection === undefined) {
      connection = new Connection(this.#url.hostname, Number(this.#url.port));
      this.#all.push(connection);
    }
    const text = JSON.stringify(body);
    const answer = await connection.send(
      `POST ${path} HTTP/1.1\r\nHost: ${this.#url.host}\r\nAuthorization: Bearer ${this.#key}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
    );
    this.#idle.push(connection);
    return answer;
  }

  close(): void {
    for (const connection of this.#all) connection.close();
  }
}
