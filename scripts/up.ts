/** `make up`: launcher and gateway in the background, ready, with one sample run. Again, it is harmless. */
import { join } from "node:path";
import { digests } from "./service/app.ts";
import { GATEWAY_PATIENCE_MS, launch, listenAddress, StartError, stopAll } from "./service/launch.ts";
import { placesOf } from "./service/places.ts";
import { isAlive, stop } from "./service/process.ts";
import { readRecord } from "./service/record.ts";
import { runSample } from "./service/sample.ts";
import { bold, print } from "./support/print.ts";

const places = placesOf(process.env, process.getuid?.() ?? 0);

/** Clears away what of an earlier start is not wanted any more; says what it does. Null when nothing usable runs. */
async function takeUp() {
  const before = readRecord(places.recordFile);
  if (!before) return null;
  const alive = { gateway: isAlive(before.gateway), launcher: isAlive(before.launcher) };
  const code = digests();
  if (alive.gateway && alive.launcher) {
    const elsewhere =
      process.env["HSR_LISTEN"] !== undefined && !before.url.endsWith(`:${listenAddress(process.env).port}`);
    if (before.gatewayDigest === code.gateway && !elsewhere) return { before, upToDate: true };
    print(
      elsewhere ? "It runs at another address: restarting the gateway ..." : "The code has changed: restarting ...",
    );
  } else {
    const dead = [alive.gateway ? [] : ["gateway"], alive.launcher ? [] : ["launcher"]].flat();
    print(`The ${dead.join(" and the ")} had ended: starting again ...`);
  }
  // The launcher outlives a change of the gateway, and the runs in it do too.
  if (alive.launcher && before.launcherDigest === code.launcher) {
    await stop(before.gateway, GATEWAY_PATIENCE_MS);
    return { before, upToDate: false };
  }
  await stopAll(places, before);
  return null;
}

try {
  const taken = await takeUp();
  const record = taken?.upToDate
    ? taken.before
    : await launch({ places, env: process.env, foreground: false, before: taken?.before ?? null });
  print(bold(taken?.upToDate ? `HSR is already up at ${record.url}` : `HSR is up at ${record.url}`));
  const worked = runSample();
  if (!worked && !places.asRoot) {
    print(
      "",
      "Where a user cannot set limits there are two ways on:",
      "  sudo make up                        every limit is enforced",
      "  HSR_LIMITS_UNENFORCED=allow make up  runs go on without, and each result says which are missing",
    );
  }
  print(
    "",
    `  address   ${record.url}    documentation: ${record.url}/docs`,
    `  key       in ${join(places.data, "key")}; bin/hsrctl finds it by itself`,
    `  logs      in ${places.logs}`,
    "  stop      make down",
  );
  process.exitCode = worked ? 0 : 1;
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  print(`error: ${error.message}`);
  process.exitCode = 1;
}
