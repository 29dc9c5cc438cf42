/** What runs: the files of the program, their digests, and the copy that a root-started HSR runs from. */
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  globSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { checkout, inCheckout } from "../support/checkout.ts";

const architecture = process.arch === "arm64" ? "aarch64" : "x86_64";
const nodeFile = `scripts/node/node_modules/node-linux-${process.arch === "arm64" ? "arm64" : "x64"}/bin/node`;

/** The files that are started, or handed to those that are. */
export interface Parts {
  readonly node: string;
  readonly agent: string;
  readonly launcher: string;
  readonly seccomp: string;
  readonly gateway: string;
}

/** Paths of the program's parts below a folder that is laid out as the checkout is. */
export function partsOf(app: string): Parts {
  return {
    node: join(app, nodeFile),
    agent: join(app, `build/native/${architecture}/hsr-agent`),
    launcher: join(app, `build/native/${architecture}/hsr-launcher`),
    seccomp: join(app, "build/seccomp"),
    gateway: join(app, "packages/gateway/src/main.ts"),
  };
}

/** What the launcher consists of, and what else the gateway does: files of the checkout, tests left out. */
function filesOf(): { readonly launcher: readonly string[]; readonly gateway: readonly string[] } {
  const launcher = globSync([`build/native/${architecture}/hsr-{agent,launcher}`, "build/seccomp/*.bpf"], {
    cwd: checkout,
  });
  const gateway = globSync(
    ["package.json", "package-lock.json", "config/**/*", "packages/*/package.json", "packages/*/src/**/*"],
    {
      cwd: checkout,
    },
  ).filter((path) => !path.endsWith(".test.ts") && statSync(inCheckout(path)).isFile());
  return { launcher: launcher.sort(), gateway: gateway.sort() };
}

function digestOf(paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of [...paths, "scripts/node/package-lock.json"]) {
    const content = readFileSync(inCheckout(path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex").slice(0, 16);
}

/** Digests of the code as it is in the checkout now. Packages from npm are covered by their lock file. */
export function digests(): { readonly launcher: string; readonly gateway: string } {
  const files = filesOf();
  return { launcher: digestOf(files.launcher), gateway: digestOf([...files.launcher, ...files.gateway]) };
}

/** A package that the program needs at run time. */
interface RuntimePackage {
  readonly path: string;
  /** For our own packages, where the link leads, from the program's root. */
  readonly linkTo: string | null;
}

/** All of them, as the lock file has them: folders, and links to our own ones. */
function runtimePackages(): readonly RuntimePackage[] {
  const lock = JSON.parse(readFileSync(inCheckout("package-lock.json"), "utf8")) as {
    packages: Record<string, { dev?: boolean; link?: boolean; resolved?: string; optional?: boolean }>;
  };
  return Object.entries(lock.packages).flatMap(([path, entry]): RuntimePackage[] => {
    if (!path.includes("node_modules/") || entry.dev) return [];
    if (entry.link) return entry.resolved === undefined ? [] : [{ path, linkTo: entry.resolved }];
    return existsSync(inCheckout(path)) ? [{ path, linkTo: null }] : [];
  });
}

/** Copies a file or a folder, readable for everybody and writable for its owner only, whatever the checkout's modes are. */
function copyReadable(from: string, to: string): void {
  const facts = lstatSync(from);
  if (facts.isDirectory()) {
    mkdirSync(to, { recursive: true, mode: 0o755 });
    for (const name of readdirSync(from)) {
      // Packages of packages have entries of their own in the lock file.
      if (name !== "node_modules" && name !== ".bin") copyReadable(join(from, name), join(to, name));
    }
  } else if (facts.isFile()) {
    mkdirSync(dirname(to), { recursive: true, mode: 0o755 });
    copyFileSync(from, to);
    chmodSync(to, facts.mode & 0o111 ? 0o755 : 0o644);
  }
}

/**
 * A copy of the program below `apps`, named after its digest; one that exists is used as it is. It belongs to whoever calls
 * this, so the gateway's user can read it and not change it.
 */
export function copyApp(apps: string, digest: string): string {
  const app = join(apps, digest);
  if (existsSync(app)) return app;
  const fresh = `${app}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true, mode: 0o755 });
  const files = filesOf();
  for (const path of [...files.launcher, ...files.gateway, nodeFile]) copyReadable(inCheckout(path), join(fresh, path));
  for (const { path, linkTo } of runtimePackages()) {
    if (linkTo === null) {
      copyReadable(inCheckout(path), join(fresh, path));
    } else {
      const link = join(fresh, path);
      mkdirSync(dirname(link), { recursive: true, mode: 0o755 });
      symlinkSync(join("../".repeat(path.split("/").length - 1), linkTo), link);
    }
  }
  // A folder that is complete has its final name; one that is not is made again.
  renameSync(fresh, app);
  return app;
}

/** Removes copies that nothing runs from any more. */
export function removeOtherApps(apps: string, keep: readonly string[]): void {
  if (!existsSync(apps)) return;
  for (const name of readdirSync(apps)) {
    const app = join(apps, name);
    if (!keep.includes(app)) rmSync(app, { recursive: true, force: true });
  }
}
