/** What hsrctl takes from its environment. Nothing else in this package reads `process.env`. */
import { homedir } from "node:os";
import { join } from "node:path";

export interface Environment {
  /** HSR_URL: the gateway's address. */
  readonly url: string | undefined;
  /** HSR_KEY: the key itself. */
  readonly key: string | undefined;
  /** NO_COLOR: set and not empty means no colours. */
  readonly noColor: string | undefined;
  /** Folders in which `make up` leaves `endpoint.json`, the caller's own ones first. */
  readonly endpointDirs: readonly string[];
  /** Any variable by name, for `run --env NAME`. */
  readonly inherited: (name: string) => string | undefined;
}

/** The places where `make up` writes `endpoint.json`: as a user, and as root. */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  const state = join(env["XDG_STATE_HOME"] || join(env["HOME"] || homedir(), ".local", "state"), "hsr");
  const own = env["XDG_RUNTIME_DIR"] ? [join(env["XDG_RUNTIME_DIR"], "hsr"), state] : [state];
  return {
    url: env["HSR_URL"] || undefined,
    key: env["HSR_KEY"] || undefined,
    noColor: env["NO_COLOR"],
    // Root's gateway first for root: a leftover of an ordinary trial must not hide it.
    endpointDirs: process.getuid?.() === 0 ? ["/run/hsr", ...own] : [...own, "/run/hsr"],
    inherited: (name) => env[name],
  };
}
