/** Where a running HSR keeps its things: below /var/lib and /run for root, below the user's own folders otherwise. */
import { homedir } from "node:os";
import { join } from "node:path";

export interface Places {
  readonly asRoot: boolean;
  /** Database, first key, spool. Belongs to the user that the gateway runs as. */
  readonly data: string;
  /** The launcher's own state. Belongs to the user that the launcher runs as. */
  readonly launcherState: string;
  /** Root only: volumes, and the operator's list of folders, which need not be there. */
  readonly volumes: string;
  readonly mounts: string;
  /** Logs of both. */
  readonly logs: string;
  /** Root only: copies of the program that the gateway's user can read and only root can write. */
  readonly apps: string;
  /** Sockets, and the two files below; gone after a reboot, as the processes are. */
  readonly run: string;
  readonly launcherSocket: string;
  /** Tells hsrctl the address and where the key lies. */
  readonly endpointFile: string;
  /** Which processes are ours; `make down` stops these and no others. */
  readonly recordFile: string;
}

/** The places of whoever runs this. */
export function placesOf(env: NodeJS.ProcessEnv, uid: number): Places {
  const asRoot = uid === 0;
  const state = asRoot
    ? "/var/lib/hsr"
    : join(env["XDG_STATE_HOME"] || join(env["HOME"] || homedir(), ".local", "state"), "hsr");
  const run = asRoot ? "/run/hsr" : join(env["XDG_RUNTIME_DIR"] || join(state, ".."), "hsr");
  return {
    asRoot,
    data: join(state, "data"),
    launcherState: join(state, "launcher"),
    volumes: join(state, "volumes"),
    mounts: "/etc/hsr/mounts",
    logs: join(state, "log"),
    apps: join(state, "app"),
    run,
    launcherSocket: join(run, "launcher.sock"),
    endpointFile: join(run, "endpoint.json"),
    recordFile: join(run, "up.json"),
  };
}
