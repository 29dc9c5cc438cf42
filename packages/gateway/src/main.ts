/** The program: reads the configuration, starts the gateway, and ends it in order when told to. */
import { StoreError } from "@hsr/core";
import { builtins, Launcher, LauncherVolumes } from "@hsr/runtimes";
import { announceConfig, ConfigError, loadConfig } from "./config.ts";
import { startGateway } from "./gateway.ts";
import { createLog, createMetrics } from "./observe/index.ts";
import { sandboxOwner } from "./owner.ts";
import { PolicyError } from "./policy/read.ts";
import { makePrivateDirectory } from "./store/index.ts";
import { version } from "./version.ts";
import { RulesError } from "./workers/rules.ts";

/** Exit statuses of sysexits.h that service managers know: a wrong configuration, and something that may pass. */
const exitConfig = 78;
const exitTemporary = 75;

async function main(): Promise<void> {
  const loaded = loadConfig();
  const { config } = loaded;
  const log = createLog({ level: config.log.level, version });
  const metrics = createMetrics({ version });
  announceConfig(loaded, log, metrics);
  // A promise that nobody looked after is a mistake of ours. One run may suffer from it; all the others must not.
  process.on("unhandledRejection", (err) => log.error({ err }, "a rejection was not handled"));
  let end: (code: number) => void = (code) => process.exit(code);
  makePrivateDirectory(config.data.dir);
  const owner = sandboxOwner(config.data.dir);
  const launcher = new Launcher(config.launcher.socket, owner);
  const gateway = await startGateway({
    config,
    configRows: loaded.rows,
    runtimes: builtins(launcher).filter((runtime) => config.runtimes.enabled.includes(runtime.name)),
    volumes: new LauncherVolumes(launcher),
    log,
    metrics,
    onDamage: () => end(exitTemporary),
  });
  let ending = false;
  end = (code) => {
    if (ending) return;
    ending = true;
    log.info({ code }, "ending");
    gateway.stop(code === 0 ? config.server.drainMs : 0).then(
      () => process.exit(code),
      (err: unknown) => {
        log.error({ err }, "the end was not in order");
        process.exit(1);
      },
    );
  };
  process.on("SIGHUP", () => void gateway.reloadPolicy());
  process.on("SIGTERM", () => end(0));
  process.on("SIGINT", () => end(0));
}

main().catch((thrown: unknown) => {
  const wrong = [ConfigError, PolicyError, RulesError].some((kind) => thrown instanceof kind);
  const known = wrong || thrown instanceof StoreError;
  process.stderr.write(
    `${known && thrown instanceof Error ? thrown.message : thrown instanceof Error ? thrown.stack : String(thrown)}\n`,
  );
  process.exit(wrong ? exitConfig : known ? exitTemporary : 1);
});
