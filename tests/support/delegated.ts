/** A control group that belongs to an ordinary user, as `systemd-run --user --scope -p Delegate=yes` gives one. */
import { chownSync, existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface DelegatedGroup {
  /** The command in front of a program that makes it start inside. */
  readonly wrapper: readonly string[];
  /** Removes the group. Only when nothing lives in it. */
  remove(): void;
}

const root = "/sys/fs/cgroup";

/** Trees that a launcher can use: the controllers of version 1 and the tree of version 2, or version 2 alone. */
function trees(): string[] {
  if (existsSync(join(root, "cgroup.controllers"))) {
    writeFileSync(join(root, "cgroup.subtree_control"), "+memory +pids +cpu");
    return [root];
  }
  return ["unified", "memory", "pids", "cpu"].map((name) => join(root, name)).filter((path) => existsSync(path));
}

export function delegateTo(uid: number): DelegatedGroup {
  const name = `hsr-delegated-${process.pid}`;
  const groups = trees().map((tree) => join(tree, name));
  for (const group of groups) {
    mkdirSync(group);
    chownSync(group, uid, uid);
    for (const file of ["cgroup.procs", "cgroup.subtree_control", "cgroup.threads", "tasks"]) {
      if (existsSync(join(group, file))) chownSync(join(group, file), uid, uid);
    }
  }
  const enter = groups.map((group) => `echo $$ > ${group}/cgroup.procs`).join(" && ");
  return {
    wrapper: ["sh", "-c", `${enter} && exec "$@"`, "sh"],
    remove: () => {
      for (const group of groups) {
        for (const inner of readdirSync(group, { withFileTypes: true })) {
          if (inner.isDirectory()) rmdirSync(join(group, inner.name));
        }
        rmdirSync(group);
      }
    },
  };
}
