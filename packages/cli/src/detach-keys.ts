/** Ctrl-P Ctrl-Q among the keys: the way to leave a terminal without ending what runs in it. */

const ctrlP = 0x10;
const ctrlQ = 0x11;
/** A Ctrl-P that nothing follows for so long is the program's: as short as the pause between two keys of a person may be. */
const waitMs = 500;

export class DetachKeys {
  readonly #send: (keys: Uint8Array) => void;
  readonly #detach: () => void;
  #held: NodeJS.Timeout | null = null;

  constructor(send: (keys: Uint8Array) => void, detach: () => void) {
    this.#send = send;
    this.#detach = detach;
  }

  take(keys: Uint8Array): void {
    let from = 0;
    for (let at = 0; at < keys.length; at += 1) {
      if (this.#held !== null) {
        this.#release();
        if (keys[at] === ctrlQ) {
          this.#detach();
          return;
        }
        this.#send(Uint8Array.of(ctrlP));
      }
      if (keys[at] !== ctrlP) continue;
      if (at > from) this.#send(keys.subarray(from, at));
      from = at + 1;
      this.#held = setTimeout(() => {
        this.#held = null;
        this.#send(Uint8Array.of(ctrlP));
      }, waitMs);
    }
    if (from < keys.length) this.#send(keys.subarray(from));
  }

  /** What is held is not sent any more. */
  close(): void {
    this.#release();
  }

  #release(): void {
    if (this.#held !== null) clearTimeout(this.#held);
    this.#held = null;
  }
}
