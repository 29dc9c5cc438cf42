/** Starts launcher and gateway and waits until they can take runs. Used by `make up` and `make serve`. */
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { checkout } from "../support/checkout.ts";
import { print } from "../support/print.ts";
import { type Account, gatewayAccount } from "./account.ts";
import { copyApp, digests, type Parts, partsOf, removeOtherApps } from "./app.ts";
import type { Places } from "./places.ts";
import { isAlive, type Known, start, stop } from "./process.ts";
import { forget, type UpRecord, writeJson } from "./record.ts";

const DEFAULT_LISTEN = "127.0.0.1:3000";
const LAUNCHER_READY_MS = 10_000;
/** The gateway probes its runtimes before it says that it is ready. */
const GATEWAY_READY_MS = 30_000;
/** Somewhat more than the gateway's own `server.drain_ms`. */
export const GATEWAY_PATIENCE_MS = 25_000;
export const LAUNCHER_PATIENCE_MS = 5_000;

/** An error that is shown as a sentence, without a stack. */
export class StartError extends Error {
  override readonly name = "StartError";
}

export interface Launch {
  readonly places: Places;
  /** Settings for the gateway; HSR_LISTEN is read here too. */
  readonly env: NodeJS.ProcessEnv;
  readonly foreground: boolean;
  /** What runs already, of which the launcher is kept when its code is the same. */
  readonly before: UpRecord | null;
}

/** Where the gateway is to listen. */
export function listenAddress(env: NodeJS.ProcessEnv): {
  readonly text: string;
  readonly host: string;
  readonly port: number;
} {
  const text = env["HSR_LISTEN"] || DEFAULT_LISTEN;
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text);
  if (!match) throw new StartError(`HSR_LISTEN wants HOST:PORT, not ${JSON.stringify(text)}`);
  const port = Number(match[3]);
  if (port === 0) throw new StartError("HSR_LISTEN wants a port other than 0, since hsrctl has to find it");
  return { text, host: match[1] ?? match[2] ?? "", port };
}

/** Throws when something else listens there. */
async function assertPortFree(listen: ReturnType<typeof listenAddress>): Promise<void> {
  const server = createServer();
  const error = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
    server.once("error", resolve);
    server.listen({ host: listen.host, port: listen.port, exclusive: true }, () => resolve(null));
  });
  if (error === null) {
    await new Promise((resolve) => server.close(resolve));
    return;
  }
  if (error.code === "EADDRINUSE") {
    throw new StartError(
      `port ${listen.port} on ${listen.host} is taken by another program.\nTake another one: HSR_LISTEN=${listen.host}:${listen.port + 1} make up`,
    );
  }
  throw new StartError(`cannot listen on ${listen.text}: ${error.message}`);
}

/** The last lines of a log, indented, for an error. */
function tail(path: string): string {
  if (path === "inherit") return "";
  try {
    return readFileSync(path, "utf8")
      .trimEnd()
      .split("\n")
      .slice(-8)
      .map((line) => `\n  ${line}`)
      .join("");
  } catch {
    return ""; // Nothing was written.
  }
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.once("connect", () => {
      connection.destroy();
      resolve(true);
    });
    connection.once("error", () => resolve(false));
  });
}

async function waitFor(
  what: string,
  known: Known,
  log: string,
  limitMs: number,
  ready: () => Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    if (await ready()) return;
    if (!isAlive(known)) throw new StartError(`the ${what} ended at its start. The end of ${log}:${tail(log)}`);
    if (performance.now() > deadline)
      throw new StartError(`the ${what} is not ready after ${limitMs / 1000} s. The end of ${log}:${tail(log)}`);
    await sleep(25);
  }
}

/** What `/ready` says, or null while nobody answers. */
async function readiness(url: string): Promise<{ ready: boolean; why: string } | null> {
  try {
    const response = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(2_000) });
    const body = (await response.json()) as {
      ready?: boolean;
      checks?: { ok: boolean; name: string; message: string }[];
    };
    const failing = (body.checks ?? []).filter((one) => !one.ok).map((one) => `${one.name}: ${one.message}`);
    return { ready: body.ready === true, why: failing.join("; ") };
  } catch {
    return null; // Not listening yet, or not JSON: both mean that it is not ready.
  }
}

/** Folders with the modes that keep other users out, belonging to who uses them. */
function makeFolders(places: Places, account: Account | undefined): void {
  for (const dir of [places.launcherState, places.logs]) mkdirSync(dir, { recursive: true, mode: 0o700 });
  mkdirSync(places.data, { recursive: true, mode: 0o700 });
  mkdirSync(places.run, { recursive: true, mode: places.asRoot ? 0o755 : 0o700 });
  if (account) {
    // The gateway's user has to pass through /var/lib/hsr to its data.
    chmodSync(join(places.data, ".."), 0o755);
    chownSync(places.data, account.uid, account.gid);
  }
}

/** HSR_* settings of the caller's, without what is for hsrctl, tests or this script. */
function gatewaySettings(env: NodeJS.ProcessEnv): Record<string, string> {
  const notForIt = new Set(["HSR_URL", "HSR_KEY", "HSR_YES", "HSR_REQUIRE"]);
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      name.startsWith("HSR_") && !notForIt.has(name) && value !== undefined ? [[name, value]] : [],
    ),
  );
}

function launcherCommand(parts: Parts, places: Places, account: Account | undefined): readonly [string, ...string[]] {
  return [
    parts.launcher,
    ...["--socket", places.launcherSocket, "--state-dir", places.launcherState],
    ...["--agent", parts.agent, "--node", parts.node, "--bwrap", "/usr/bin/bwrap", "--seccomp-dir", parts.seccomp],
    ...["--allow-uid", String(account?.uid ?? process.getuid?.())],
    ...(places.asRoot ? ["--volumes-dir", places.volumes] : []),
    ...(places.asRoot && existsSync(places.mounts) ? ["--mounts", places.mounts] : []),
  ];
}

/** The launcher needs next to nothing; systemd-run in front of it has to find the user's own systemd. */
function launcherEnvironment(bare: Readonly<Record<string, string>>, env: NodeJS.ProcessEnv): Record<string, string> {
  const wanted = ["XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"];
  return { ...bare, ...Object.fromEntries(wanted.flatMap((name) => (env[name] ? [[name, env[name]]] : []))) };
}

/**
 * In front of the launcher where a user has a systemd of their own: a scope whose control group is theirs, so that memory
 * and processes can be limited without root. systemd-run becomes the launcher, so the process is the same.
 */
export function delegation(env: NodeJS.ProcessEnv, uid: number, exists: (path: string) => boolean): readonly string[] {
  const session = env["XDG_RUNTIME_DIR"];
  const isV2 = exists("/sys/fs/cgroup/cgroup.controllers");
  if (uid === 0 || !isV2 || !session || !exists(join(session, "systemd/private")) || !exists("/usr/bin/systemd-run"))
    return [];
  return ["/usr/bin/systemd-run", "--user", "--scope", "--quiet", "--collect", "-p", "Delegate=memory pids cpu", "--"];
}

/** Starts the launcher and waits until it answers; without delegation where systemd refuses it. */
async function startLauncher(
  command: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
  log: string,
  places: Places,
): Promise<Known> {
  const prefix = delegation(env, process.getuid?.() ?? 0, existsSync);
  for (const words of prefix.length > 0 ? [[...prefix, ...command], command] : [command]) {
    const [file = "", ...rest] = words;
    const launcher = await start({ command: [file, ...rest], env, log });
    try {
      await waitFor("launcher", launcher, log, LAUNCHER_READY_MS, () => answers(places.launcherSocket));
      return launcher;
    } catch (error) {
      await stop(launcher, LAUNCHER_PATIENCE_MS);
      if (words === command) throw error;
      print("systemd gave no scope with control groups; the launcher starts without: see `hsrctl doctor`");
    }
  }
  throw new StartError("the launcher was not started");
}

/** Starts what does not run yet, waits until it can take runs, and leaves the notes for hsrctl and `make down`. */
export async function launch({ places, env, foreground, before }: Launch): Promise<UpRecord> {
  const listen = listenAddress(env);
  const code = digests();
  const account = places.asRoot ? gatewayAccount() : undefined;
  makeFolders(places, account);
  const app = places.asRoot ? copyApp(places.apps, code.gateway) : checkout.replace(/\/$/, "");
  const parts = partsOf(app);
  const home = places.asRoot ? places.data : (env["HOME"] ?? places.data);
  const bare = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: home, LANG: "C.UTF-8" };
  const keepsLauncher = before !== null && isAlive(before.launcher) && before.launcherDigest === code.launcher;
  await assertPortFree(listen);

  const launcherLog = foreground ? "inherit" : join(places.logs, "launcher.log");
  const gatewayLog = foreground ? "inherit" : join(places.logs, "gateway.log");
  const launcher = keepsLauncher
    ? before.launcher
    : await startLauncher(launcherCommand(parts, places, account), launcherEnvironment(bare, env), launcherLog, places);
  let gateway: Known | null = null;
  try {
    gateway = await start({
      command: [
        parts.node,
        parts.gateway,
        ...["--data-dir", places.data, "--listen", listen.text, "--launcher", places.launcherSocket],
      ],
      env: { ...gatewaySettings(env), ...bare },
      log: gatewayLog,
      user: account,
    });
    const anyAddress = listen.host === "0.0.0.0" || listen.host === "::";
    const host = anyAddress ? "127.0.0.1" : listen.host.includes(":") ? `[${listen.host}]` : listen.host;
    const url = `http://${host}:${listen.port}`;
    let why = "";
    await waitFor("gateway", gateway, gatewayLog, GATEWAY_READY_MS, async () => {
      const seen = await readiness(url);
      why = seen?.why ?? why;
      return seen?.ready ?? false;
    }).catch((error: unknown) => {
      throw why === "" || !(error instanceof StartError)
        ? error
        : new StartError(`${error.message}\nNot ready because of ${why}`);
    });
    const record: UpRecord = {
      version: 1,
      url,
      launcher,
      gateway,
      launcherDigest: code.launcher,
      gatewayDigest: code.gateway,
      launcherApp: keepsLauncher ? before.launcherApp : app,
      gatewayApp: app,
    };
    writeJson(places.recordFile, record, 0o600);
    writeJson(places.endpointFile, { url, key_file: join(places.data, "key") }, places.asRoot ? 0o644 : 0o600);
    if (places.asRoot) removeOtherApps(places.apps, [record.launcherApp, record.gatewayApp]);
    return record;
  } catch (error) {
    if (gateway) await stop(gateway, GATEWAY_PATIENCE_MS);
    if (!keepsLauncher) await stop(launcher, LAUNCHER_PATIENCE_MS);
    throw error;
  }
}

/** Stops both, the gateway first so that it can drain, and removes the notes. */
export async function stopAll(places: Places, record: UpRecord): Promise<readonly string[]> {
  const gateway = await stop(record.gateway, GATEWAY_PATIENCE_MS);
  const launcher = await stop(record.launcher, LAUNCHER_PATIENCE_MS);
  forget(places.endpointFile);
  forget(places.recordFile);
  return [`gateway ${gateway}`, `launcher ${launcher}`];
}
