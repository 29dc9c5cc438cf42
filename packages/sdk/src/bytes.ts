import { HsrConnectionError } from "./errors.ts";

/** Bytes as callers have them. Text is sent as UTF-8. */
export type Bytes = string | Uint8Array | ArrayBuffer | Blob | ReadableStream<Uint8Array>;

/** Bytes in base64, as JSON carries them. */
export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  // In pieces: an argument list has a limit.
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}

/** The bytes that a text in base64 stands for. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** The pieces of an answer's body, one after the other. Who stops early ends the transfer. */
export async function* pieces(response: Response): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  if (response.body === null) return;
  // Not every browser iterates over streams by itself.
  const reader = response.body.getReader();
  let isDone = false;
  try {
    for (;;) {
      // Engines have different errors for a body that breaks off.
      const { done, value } = await reader.read().catch((cause: unknown) => {
        isDone = true;
        throw new HsrConnectionError("the answer broke off", { cause, status: response.status });
      });
      isDone = done;
      if (done) return;
      yield value;
    }
  } finally {
    if (!isDone) await reader.cancel();
  }
}

/** All bytes of an answer. */
export async function allBytes(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw new HsrConnectionError("the answer broke off", { cause, status: response.status });
  }
}

/** Whether this is Node or something like it: there a body that is a stream is sent as it comes. */
function sendsStreams(): boolean {
  const { process } = globalThis as { readonly process?: { readonly versions?: { readonly node?: string } } };
  return process?.versions?.node !== undefined;
}

/** A body as `fetch` takes it. Browsers send no streams over HTTP/1.1: there it is collected first. */
export async function sendable(body: Bytes): Promise<BodyInit> {
  if (body instanceof ReadableStream && !sendsStreams()) return await new Response(body).blob();
  return body as BodyInit;
}
