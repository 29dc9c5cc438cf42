/** `make serve`: launcher and gateway in the foreground, their logs on this terminal. Ctrl-C stops both. */
import { setTimeout as sleep } from "node:timers/promises";
import { launch, StartError, stopAll } from "./service/launch.ts";
import { placesOf } from "./service/places.ts";
import { isAlive } from "./service/process.ts";
import { readRecord } from "./service/record.ts";
import { print } from "./support/print.ts";

const LOOK_EVERY_MS = 200;
const places = placesOf(process.env, process.getuid?.() ?? 0);

try {
  const before = readRecord(places.recordFile);
  if (before && (isAlive(before.gateway) || isAlive(before.launcher))) {
    throw new StartError(`HSR is up already at ${before.url}; \`make down\` stops it`);
  }
  let interrupted = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => (interrupted = true));
  const record = await launch({ places, env: process.env, foreground: true, before: null });
  print(`HSR is up at ${record.url}; Ctrl-C stops it`);
  while (!interrupted && isAlive(record.gateway) && isAlive(record.launcher)) await sleep(LOOK_EVERY_MS);
  const ended = isAlive(record.gateway) ? (isAlive(record.launcher) ? null : "launcher") : "gateway";
  await stopAll(places, record);
  if (!interrupted && ended) throw new StartError(`the ${ended} ended by itself; its last words are above`);
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  print(`error: ${error.message}`);
  process.exitCode = 1;
}
