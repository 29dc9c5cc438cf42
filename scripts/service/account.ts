/** The system user that the gateway runs as when root starts it. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { print } from "../support/print.ts";

const NAME = "hsr";
/** People's accounts begin here on Debian and Ubuntu. */
const FIRST_PERSON_UID = 1000;

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

function find(): Account | null {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((one) => one.startsWith(`${NAME}:`));
  const fields = line?.split(":");
  return fields ? { uid: Number(fields[2]), gid: Number(fields[3]) } : null;
}

/** Finds the account, or makes it and says so. An account of a person with the same name is refused. */
export function gatewayAccount(): Account {
  const found = find();
  if (found) {
    if (found.uid === 0 || found.uid >= FIRST_PERSON_UID) {
      throw new Error(
        `there is a user "${NAME}" on this machine that is no system user; the gateway needs one of its own`,
      );
    }
    return found;
  }
  print(`Making the system user "${NAME}": the gateway never runs as root.`);
  execFileSync(
    "useradd",
    [
      "--system",
      "--user-group",
      "--no-create-home",
      "--home-dir",
      "/var/lib/hsr",
      "--shell",
      "/usr/sbin/nologin",
      NAME,
    ],
    {
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
  const made = find();
  if (!made) throw new Error(`useradd made no user "${NAME}"`);
  return made;
}
