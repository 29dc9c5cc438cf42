import { constants } from "node:os";

const names = new Map(Object.entries(constants.signals).map(([name, number]) => [number as number, name]));

/** The name of a signal, as SIGKILL; real-time signals and unknown ones by their number. */
export function signalName(signal: number): string {
  return names.get(signal) ?? `SIG${signal}`;
}
