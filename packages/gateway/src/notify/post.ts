/** Posts JSON to somebody else's server. It follows no redirect, reads next to nothing, and waits for a bounded time. */
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";

/** Bytes of an answer that are read to nowhere, so that the connection can be used again. */
const answerBytes = 64 * 1024;

/** What came of it: the status, or why there was none. */
export type Posted = { readonly status: number } | { readonly error: string };

export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export function post({ url, headers, body, timeoutMs, signal }: Post): Promise<Posted> {
  return new Promise((resolve) => {
    const send = url.startsWith("https:") ? httpsRequest : httpRequest;
    const request = send(url, {
      method: "POST",
      headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body), ...headers },
      signal,
    });
    const timer = setTimeout(() => request.destroy(new Error("no answer in time")), timeoutMs);
    request.once("close", () => clearTimeout(timer));
    // Each of them: one that nobody listens for ends the gateway.
    request.on("error", (error: NodeJS.ErrnoException) => resolve({ error: error.code ?? error.message }));
    request.once("response", (response) => {
      resolve({ status: response.statusCode ?? 0 });
      let read = 0;
      response.on("data", (bytes: Buffer) => {
        read += bytes.length;
        if (read > answerBytes) response.destroy();
      });
      response.on("error", () => "the status is all that was wanted");
    });
    request.end(body);
  });
}
