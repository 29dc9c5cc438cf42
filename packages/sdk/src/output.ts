import { fromBase64 } from "./bytes.ts";
import type { OutputData } from "./gen/api.ts";

/** A piece of what a program wrote. No code point is split between two pieces. */
export class OutputChunk {
  readonly stream: "stdout" | "stderr";
  /** Where the first byte stands among all of the stream; where it is more than the end of the piece before, some were dropped. */
  readonly offset: number;
  readonly #text: string | undefined;
  readonly #base64: string | undefined;

  constructor(data: OutputData) {
    this.stream = data.stream;
    this.offset = data.offset;
    this.#text = data.text;
    this.#base64 = data.base64;
  }

  /** The bytes as they were written. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#base64 === undefined ? new TextEncoder().encode(this.#text ?? "") : fromBase64(this.#base64);
  }

  /** The same as text; what is not UTF-8 becomes U+FFFD. */
  get text(): string {
    return this.#text ?? new TextDecoder("utf-8", { ignoreBOM: true }).decode(this.bytes);
  }
}
