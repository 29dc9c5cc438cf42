/**
 * What a test may need of the host, in one list: each feature, how it is proven (by doing it, with a deadline), and how to get it.
 * A binary that is merely there proves nothing.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** The outcome of one probe. `reason` is a sentence; when `ok` it says what was seen. */
export interface Probe {
  readonly ok: boolean;
  readonly reason: string;
}

/** One feature: `probe` does the thing and `get` says in a few words how a person gets it. */
interface Feature {
  readonly get: string;
  probe(): Probe;
}

/** A probe that takes longer than this counts as failed; the slowest (runsc) takes about 300 ms. */
const PROBE_DEADLINE_MS = 15_000;

/** The folder into which the test set-up unpacks programs that it does not install: `runsc`, for instance. */
export function toolCache(): string {
  return join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "hsr");
}

/** The path of gVisor's `runsc`: the test set-up's unpacked one, or the host's. */
export function runscPath(): string {
  const unpacked = join(toolCache(), "runsc", "usr", "bin", "runsc");
  return existsSync(unpacked) ? unpacked : "/usr/bin/runsc";
}

const seen = (what: string): Probe => ({ ok: true, reason: what });
const missing = (why: string): Probe => ({ ok: false, reason: why });

/** Debian's browser. */
export const chromiumPath = "/usr/bin/chromium";

/** Runs a program and succeeds when it exits 0, quoting the first line it wrote otherwise. */
function runs(argv: readonly [string, ...string[]]): Probe {
  const [file, ...args] = argv;
  const done = spawnSync(file, args, {
    timeout: PROBE_DEADLINE_MS,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (done.error) return missing(`${file}: ${done.error.message}`);
  if (done.status === 0) return seen(`\`${argv.join(" ")}\` worked`);
  const said = (done.stderr || done.stdout).trim().split("\n")[0] ?? "";
  return missing(`\`${argv.join(" ")}\` ended with ${done.signal ?? done.status}: ${said}`);
}

const isRoot = process.getuid?.() === 0;
const asUser = (...argv: string[]): [string, ...string[]] => [
  "setpriv",
  "--reuid=65534",
  "--regid=65534",
  "--clear-groups",
  ...argv,
];
const bwrapTrue = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "/bin/true"] as const;

/** Makes and removes one cgroup in which memory and processes can be limited, on v1 or v2. */
function cgroup(): Probe {
  const root = "/sys/fs/cgroup";
  const name = `hsr-probe-${process.pid}`;
  const makes = (parent: string, file: string): boolean => {
    const dir = join(parent, name);
    try {
      mkdirSync(dir);
    } catch {
      return false; // Not writable for us: that is the answer, not an error.
    }
    const there = existsSync(join(dir, file));
    rmdirSync(dir);
    return there;
  };
  if (makes(`${root}/memory`, "memory.limit_in_bytes") && makes(`${root}/pids`, "pids.max")) return seen("cgroup v1");
  if (makes(root, "memory.max") && makes(root, "pids.max")) return seen("cgroup v2");
  const own = readFileSync("/proc/self/cgroup", "utf8").match(/^0::(\/.*)$/m)?.[1];
  if (own !== undefined && makes(join(root, own), "memory.max")) return seen("cgroup v2, delegated");
  return missing("no cgroup with memory and pids limits can be made here");
}

function kvm(): Probe {
  try {
    accessSync("/dev/kvm", constants.R_OK | constants.W_OK);
    return seen("/dev/kvm opens, which does not prove that a guest boots");
  } catch {
    return missing("/dev/kvm cannot be opened");
  }
}

/** Compiles an empty program to nowhere: shows that the compiler and its C library are there. */
function compiles(...compiler: [string, ...string[]]): Probe {
  const [file, ...args] = compiler;
  const done = spawnSync(file, [...args, "-x", "c", "-o", "/dev/null", "-"], {
    timeout: PROBE_DEADLINE_MS,
    encoding: "utf8",
    input:
      '#include <stdio.h>\nint main(void) { return puts("") < 0; }\nint LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n) { (void)d; (void)n; return 0; }\n',
  });
  if (done.error) return missing(`${file}: ${done.error.message}`);
  if (done.status === 0) return seen(`${file} compiles`);
  return missing(`${compiler.join(" ")} cannot compile: ${done.stderr.trim().split("\n")[0] ?? ""}`);
}

/** The list. The order is the order in which `.ci/run` prints them. */
export const features = {
  /** This process is root. */
  root: { get: "run as root", probe: () => (isRoot ? seen("uid 0") : missing("not running as root")) },
  /** Something can be run as an ordinary user: we are one, or can become one. */
  user: { get: "apt-get install util-linux", probe: () => (isRoot ? runs(asUser("/bin/true")) : seen("not root")) },
  /** bubblewrap starts a jail. */
  bubblewrap: { get: "apt-get install bubblewrap", probe: () => runs([...bwrapTrue]) },
  /** Volumes: a file system in a file, mounted by way of a loop device. */
  loop: {
    get: "apt-get install e2fsprogs, and a kernel with loop devices and ext4",
    probe: () =>
      existsSync("/dev/loop-control") && isRoot ? runs(["mke2fs", "-V"]) : missing("no /dev/loop-control, or not root"),
  },
  /** An ordinary user may make user namespaces, so that bubblewrap works without root. */
  userns: {
    get: "sysctl kernel.unprivileged_userns_clone=1 or an AppArmor profile for bwrap: see `hsrctl doctor`",
    probe: () => (isRoot ? runs(asUser(...bwrapTrue)) : runs([...bwrapTrue])),
  },
  /** A cgroup with memory and pids limits can be made. */
  cgroup: { get: "run as root, or in a delegated systemd scope", probe: cgroup },
  /** Debian's own Python, the one that guests see. */
  python3: { get: "apt-get install python3", probe: () => runs(["/usr/bin/python3", "-c", "print(1)"]) },
  /** A static C program can be built. */
  gcc: { get: "apt-get install gcc libc6-dev", probe: () => compiles("gcc", "-static") },
  /** clang with libFuzzer and the sanitizers. */
  clang: {
    get: "apt-get install clang libclang-rt-dev",
    probe: () => compiles("clang", "-fsanitize=address,undefined,fuzzer-no-link"),
  },
  /** gcc for aarch64, with its C library. */
  "aarch64-cc": {
    get: "apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
    probe: () => compiles("aarch64-linux-gnu-gcc", "-static"),
  },
  /** libseccomp's headers and library, against which our seccomp compiler is checked. */
  libseccomp: {
    get: "apt-get install libseccomp-dev",
    probe: () => compiles("gcc", "-include", "seccomp.h", "-lseccomp"),
  },
  /** gVisor, new enough for the systrap platform. */
  runsc: {
    get: "make test unpacks it from Debian backports",
    probe: () => {
      const version = runs([runscPath(), "--version"]);
      if (!version.ok || !isRoot) return version.ok ? missing("runsc needs root here") : version;
      return runs([runscPath(), "--platform=systrap", "--network=none", "--ignore-cgroups", "do", "/bin/true"]);
    },
  },
  /** A browser, in which the client is tested. */
  chromium: { get: "apt-get install chromium", probe: () => runs([chromiumPath, "--version"]) },
  /** QEMU for x86-64 under TCG. */
  qemu: { get: "apt-get install qemu-system-x86", probe: () => runs(["qemu-system-x86_64", "-M", "help"]) },
  /** A KVM device that opens. */
  kvm: { get: "a machine with hardware virtualization", probe: kvm },
} as const satisfies Record<string, Feature>;

/** The name of a feature in the list above. */
export type FeatureName = keyof typeof features;

const probed = new Map<FeatureName, Probe>();

/** Probes a feature once per process. */
export function probe(name: FeatureName): Probe {
  const known = probed.get(name);
  if (known) return known;
  const fresh = features[name].probe();
  probed.set(name, fresh);
  return fresh;
}
