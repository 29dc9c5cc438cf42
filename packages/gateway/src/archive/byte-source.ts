/** Bytes that come in pieces of any length, taken in pieces of a wanted one. Holds one piece. */

export class ByteSource {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);
  #ended = false;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** Lets go of where the pieces come from. */
  async close(): Promise<void> {
    this.#ended = true;
    await this.#pieces.return?.();
  }

  /** Exactly so many bytes; fewer only at the end. */
  async take(bytes: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let wanted = bytes; wanted > 0; ) {
      const part = await this.some(wanted);
      if (part === null) break;
      parts.push(part);
      wanted -= part.length;
    }
    return parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts);
  }

  /** What there is next, at most so much; `null` at the end. */
  async some(most: number): Promise<Buffer | null> {
    while (this.#held.length === 0) {
      if (this.#ended) return null;
      const next = await this.#pieces.next();
      if (next.done === true) this.#ended = true;
      else this.#held = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    }
    const part = this.#held.subarray(0, most);
    this.#held = this.#held.subarray(part.length);
    return part;
  }
}
