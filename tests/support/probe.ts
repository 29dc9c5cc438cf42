/** hsr-probe in its three places: in the real jail, under gVisor, and without walls as the control. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type ListenOptions, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Agent } from "@hsr/core";
import { runscPath } from "./host.ts";
import { execSpec } from "./launch-spec.ts";
import { checkout, testProgram } from "./native.ts";

/** What one probe found: see native/probe/probe.h. */
export interface ProbeRow {
  readonly name: string;
  readonly verdict: "open" | "denied" | "absent" | "killed" | "hung";
  readonly errno?: string;
  readonly detail?: string;
}

export const probeProgram = join(
  checkout,
  "build/native",
  process.arch === "arm64" ? "aarch64" : "x86_64",
  "hsr-probe",
);

const parse = (lines: string): ProbeRow[] =>
  lines
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as ProbeRow);

/** Things on the host that a sandbox must not reach: listeners and IPC objects, named in the probe's environment. */
export interface HostTargets {
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const listen = async (server: Server, where: ListenOptions): Promise<void> => {
  server.listen(where);
  await once(server, "listening");
};

/** Puts the targets up. */
export async function hostTargets(): Promise<HostTargets> {
  const name = `hsr-probe-${process.pid}`;
  const key = 0x4853_0000 + (process.pid & 0xffff);
  const abstract = createServer((socket) => socket.destroy());
  const tcp = createServer((socket) => socket.destroy());
  await listen(abstract, { path: `\0${name}` });
  await listen(tcp, { port: 0, host: "127.0.0.1" });
  const objects = spawn(testProgram("host-objects"), [String(key), `/${name}`], { stdio: ["pipe", "pipe", "inherit"] });
  await once(objects.stdout, "data");
  const address = tcp.address();
  return {
    env: {
      HSR_PROBE_ABSTRACT: name,
      HSR_PROBE_PORT: String(typeof address === "object" && address ? address.port : 0),
      HSR_PROBE_IPC_KEY: String(key),
      HSR_PROBE_MQ: `/${name}`,
    },
    stop: async () => {
      await end(objects);
      abstract.close();
      tcp.close();
    },
  };
}

const end = async (child: ChildProcess): Promise<void> => {
  child.stdin?.end();
  if (child.exitCode === null) await once(child, "exit");
};

/** Writes the probe into the sandbox and runs it there, as a guest's program. */
export async function probeInSandbox(agent: Agent, env: Readonly<Record<string, string>>): Promise<ProbeRow[]> {
  await agent.writeFile("/workspace/hsr-probe", readFileSync(probeProgram), 0o755);
  const execution = agent.start(9_000, execSpec(["/workspace/hsr-probe"], { env: { PATH: "/usr/bin:/bin", ...env } }));
  const out: Uint8Array[] = [];
  for await (const chunk of execution.output) if (chunk.stream === "stdout") out.push(chunk.bytes);
  const exit = await execution.exit;
  if (exit.exitCode !== 0) throw new Error(`the probe ended with ${exit.signal ?? exit.exitCode}`);
  return parse(Buffer.concat(out).toString("utf8"));
}

/** Runs it as we are, in a mount namespace of its own so that what mounts is undone. */
export function probeWithoutWalls(env: Readonly<Record<string, string>>): ProbeRow[] {
  const argv = ["--mount", "--propagation", "private", "--", probeProgram];
  return parse(execFileSync("unshare", argv, { env: { PATH: "/usr/bin:/bin", ...env }, encoding: "utf8" }));
}

/** Runs it as an ordinary user, without walls: what this host lets anybody do. */
export function probeAsNobody(env: Readonly<Record<string, string>>): ProbeRow[] {
  const argv = ["--reuid=65534", "--regid=65534", "--clear-groups", "--", probeProgram];
  return parse(execFileSync("setpriv", argv, { env: { PATH: "/usr/bin:/bin", ...env }, encoding: "utf8" }));
}

/** Runs it under gVisor, in a bundle that gives it what our sandbox gives. */
export function probeUnderGvisor(env: Readonly<Record<string, string>>): ProbeRow[] {
  const bundle = mkdtempSync(join(tmpdir(), "hsr-gvisor-"));
  try {
    const root = join(bundle, "rootfs");
    for (const folder of ["usr", "proc", "dev", "tmp", "workspace", "etc"])
      mkdirSync(join(root, folder), { recursive: true });
    for (const [link, target] of [
      ["bin", "usr/bin"],
      ["lib", "usr/lib"],
      ["lib64", "usr/lib64"],
    ] as const)
      symlinkSync(target, join(root, link));
    copyFileSync(probeProgram, join(root, "probe"));
    chmodSync(bundle, 0o755);
    const memory = (destination: string): object => ({
      destination,
      type: "tmpfs",
      source: "tmpfs",
      options: ["nosuid", "nodev"],
    });
    const config = {
      ociVersion: "1.0.2",
      process: {
        user: { uid: 1000, gid: 1000 },
        args: ["/probe"],
        env: Object.entries({ PATH: "/usr/bin:/bin", ...env }).map(([name, value]) => `${name}=${value}`),
        cwd: "/workspace",
        noNewPrivileges: true,
        capabilities: {},
      },
      root: { path: "rootfs", readonly: true },
      hostname: "sandbox",
      mounts: [
        { destination: "/proc", type: "proc", source: "proc" },
        memory("/dev"),
        memory("/tmp"),
        memory("/workspace"),
        { destination: "/usr", type: "bind", source: "/usr", options: ["ro", "rbind"] },
      ],
      linux: { namespaces: ["pid", "network", "ipc", "uts", "mount"].map((type) => ({ type })) },
    };
    writeFileSync(join(bundle, "config.json"), JSON.stringify(config));
    const argv = ["--root", join(bundle, "state"), "--platform=systrap", "--network=none", "--ignore-cgroups"];
    argv.push("run", "--bundle", bundle, `hsr-probe-${process.pid}`);
    return parse(
      execFileSync(runscPath(), argv, { encoding: "utf8", timeout: 60_000, stdio: ["ignore", "pipe", "pipe"] }),
    );
  } finally {
    rmSync(bundle, { recursive: true, force: true });
  }
}
