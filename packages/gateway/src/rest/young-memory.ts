/**
 * Bytes that pass through leave their buffers behind for the garbage collector. A buffer is a small object with large memory: V8
 * waits with the quick collection of young objects until there are many, reaches the bound for memory beyond its heap before, and
 * looks through the whole heap instead, again and again. Under a large transfer that took more of the processor than the transfer.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** So much may lie behind before the young are collected; in what passes there is the gateway's memory for transfers. */
const collectEveryBytes = 8 * 1024 * 1024;

let passedBytes = 0;
let collect: ((options: { readonly type: "minor" }) => void) | null = null;

/** To be told of whatever a transfer has moved. */
export function notePassed(bytes: number): void {
  passedBytes += bytes;
  if (passedBytes < collectEveryBytes) return;
  passedBytes = 0;
  collect ??= youngCollection();
  collect({ type: "minor" });
}

/** The function that V8 gives to contexts made while the flag is set; no other code sees it. */
function youngCollection(): (options: { readonly type: "minor" }) => void {
  setFlagsFromString("--expose-gc");
  try {
    const found: unknown = runInNewContext("globalThis.gc");
    // A V8 without it makes transfers slower, and nothing else.
    return typeof found === "function" ? (found as (options: { readonly type: "minor" }) => void) : () => {};
  } finally {
    setFlagsFromString("--no-expose-gc");
  }
}
