/** Ctrl-C: the first one is for the guest, the second one is for hsrctl. */
import { exitCodes } from "./failure.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Calls `first` at the first of SIGINT, SIGTERM and SIGHUP, and leaves at the second; where there is `second`, it is called
 * then, and the third one leaves. Dispose it when there is nothing left to interrupt.
 */
export function onInterrupt(first: (signal: NodeJS.Signals) => void, second?: () => void): Disposable {
  let seen = 0;
  const handle = (signal: NodeJS.Signals) => {
    seen += 1;
    if (seen === 1) first(signal);
    else if (seen === 2 && second !== undefined) second();
    else process.exit(exitCodes.cancelled);
  };
  for (const signal of signals) process.on(signal, handle);
  return {
    [Symbol.dispose]() {
      for (const signal of signals) process.off(signal, handle);
    },
  };
}
