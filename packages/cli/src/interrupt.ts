/** Ctrl-C: the first one is for the guest, the second one is for hsrctl. */
import { exitCodes } from "./failure.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Calls `first` at the first of SIGINT, SIGTERM and SIGHUP, and leaves at the second. Dispose it when there is nothing left
 * to interrupt.
 */
export function onInterrupt(first: () => void): Disposable {
  let seen = 0;
  const handle = () => {
    seen += 1;
    if (seen === 1) first();
    else process.exit(exitCodes.cancelled);
  };
  for (const signal of signals) process.on(signal, handle);
  return {
    [Symbol.dispose]() {
      for (const signal of signals) process.off(signal, handle);
    },
  };
}
