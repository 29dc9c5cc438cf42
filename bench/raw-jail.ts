/**
 * The raw tool that the benches compare with: bwrap with the command line that the launcher uses, and the program in place of the agent.
 * What the launcher prepares around bwrap (user namespace, cgroups, quotas) a naive product would not have; it is left out, to its advantage.
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A prepared folder and the command lines in it. */
export interface RawJail {
  /** The whole line for one command, bwrap first. Descriptor 3 must be the filter. */
  line(command: readonly string[]): readonly string[];
  /** The compiled filter, to be opened anew as descriptor 3 for each start. */
  readonly filter: string;
  remove(): void;
}

/** Prepares a jail whose /workspace/main.py holds the code. */
export function rawJail(code: string): RawJail {
  const root = join(import.meta.dirname, "..");
  const dir = mkdtempSync(join(tmpdir(), "hsr-raw-"));
  chmodSync(dir, 0o755);
  for (const name of ["workspace", "tmp", "shm", "etc"]) mkdirSync(join(dir, name));
  writeFileSync(join(dir, "workspace/main.py"), code);
  writeFileSync(join(dir, "empty"), "");
  mkdirSync(join(dir, "etc/alternatives"));
  writeFileSync(join(dir, "etc/ld.so.cache"), "");
  writeFileSync(join(dir, "etc/passwd"), "user:x:1000:1000::/workspace:/bin/sh\n");
  const node = join(root, `scripts/node/node_modules/node-linux-${process.arch}/bin/node`);
  const masks = ["kcore", "keys", "kallsyms", "timer_list", "kmsg", "key-users"].filter((name) =>
    existsSync(`/proc/${name}`),
  );
  const jail = [
    "/usr/bin/bwrap",
    ...["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup"],
    ...["--new-session", "--as-pid-1", "--clearenv", "--setenv", "PATH", "/usr/local/bin:/usr/bin:/bin"],
    ...["--cap-drop", "ALL", "--ro-bind", "/usr", "/usr"],
    ...["bin", "sbin", "lib", "lib64"].flatMap((name) => ["--symlink", `usr/${name}`, `/${name}`]),
    ...["--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys"],
    ...masks.flatMap((name) => ["--ro-bind", join(dir, "empty"), `/proc/${name}`]),
    ...["--dev", "/dev", "--bind", join(dir, "workspace"), "/workspace", "--bind", join(dir, "tmp"), "/tmp"],
    ...["--bind", join(dir, "shm"), "/dev/shm", "--ro-bind", join(dir, "etc"), "/etc"],
    ...[
      "--ro-bind-try",
      "/etc/alternatives",
      "/etc/alternatives",
      "--ro-bind-try",
      "/etc/ld.so.cache",
      "/etc/ld.so.cache",
    ],
    ...[
      "--perms",
      "0755",
      "--dir",
      "/opt",
      "--perms",
      "0755",
      "--dir",
      "/opt/hsr",
      "--perms",
      "0755",
      "--dir",
      "/opt/hsr/bin",
    ],
    ...["--ro-bind", node, "/opt/hsr/bin/node", "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/workspace"],
    ...["--setenv", "HOME", "/workspace", "--setenv", "LANG", "C.UTF-8", "--seccomp", "3", "--"],
  ];
  return {
    line: (command) => [...jail, ...command],
    filter: join(root, `build/seccomp/default.${process.arch === "arm64" ? "aarch64" : "x86_64"}.bpf`),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
