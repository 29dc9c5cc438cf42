import { randomBytes } from "node:crypto";
import type { LaunchSpec, SandboxId } from "@hsr/core";
import { openAgent } from "../agent/index.ts";
import type { Launcher } from "../launcher/launcher.ts";

/** A sandbox that takes longer than this to say a word does not work. */
const trialTimeoutMs = 10_000;

function trialSpec(): LaunchSpec {
  return {
    sandboxId: `sb-probe-${randomBytes(8).toString("hex")}` as SandboxId,
    root: { kind: "host" },
    scratch: { backing: "memory", bytes: 1 << 20, inodes: 64 },
    limits: {
      wallMs: trialTimeoutMs,
      cpuCores: 1,
      memoryBytes: 64 << 20,
      pids: 16,
      diskBytes: 1 << 20,
      inodes: 64,
      outputBytes: 65_536,
      openFiles: 64,
    },
    network: "none",
    syscallProfile: "default",
    requiredLimits: [],
    deadlineMs: trialTimeoutMs,
    tenant: "probe",
  };
}

/** What a sound jail shows of itself in /proc/self/status. */
const expected: readonly [what: string, line: RegExp][] = [
  ["no system-call filter is in force", /^Seccomp:\s+2$/m],
  ["new privileges can be gained", /^NoNewPrivs:\s+1$/m],
  ["a capability is left", /^CapEff:\s+0+$/m],
  ["the bounding set is not empty", /^CapBnd:\s+0+$/m],
  ["the guest does not have the id 1000", /^Uid:\s+1000\s+1000\s+1000\s+1000$/m],
];

/**
 * Starts a sandbox, runs a program in it, and looks whether the walls stand. Resolves with `null`, or with what is wrong;
 * rejects if the launcher refuses or cannot be reached. `trials` has its id meanwhile.
 */
export async function tryOne(launcher: Launcher, trials: Set<SandboxId>): Promise<string | null> {
  const spec = trialSpec();
  trials.add(spec.sandboxId);
  try {
    return await tryIn(launcher, spec);
  } finally {
    trials.delete(spec.sandboxId);
  }
}

async function tryIn(launcher: Launcher, spec: LaunchSpec): Promise<string | null> {
  const { stream, ended } = await launcher.launch(spec);
  const agent = openAgent(stream);
  try {
    const execution = agent.start(1, {
      argv: ["/bin/cat", "/proc/self/status"],
      env: {},
      cwd: "/workspace",
      stdin: null,
      openFiles: 64,
      umask: 0o022,
    });
    // Both fail when the stream ends; the end of the sandbox says why.
    execution.exit.catch(() => undefined);
    const read = async (): Promise<string> => {
      await execution.started;
      const chunks: Uint8Array[] = [];
      for await (const chunk of execution.output) if (chunk.stream === "stdout") chunks.push(chunk.bytes);
      return Buffer.concat(chunks).toString("utf8");
    };
    const died = ended.then(({ end, detail }) => Promise.reject(new Error(detail ?? `the sandbox ended: ${end}`)));
    // Whichever comes second has nobody who listens.
    died.catch(() => undefined);
    const reading = read();
    reading.catch(() => undefined);
    const status = await Promise.race([died, reading]).catch(async (error: unknown) => {
      // A stream that broke has its cause in the sandbox's end, which follows at once.
      const late = new Promise<string>((resolve) => setTimeout(() => resolve(String(error)), 1000).unref());
      throw new Error(await Promise.race([ended.then(({ end, detail }) => detail ?? end), late]));
    });
    return expected.find(([, line]) => !line.test(status))?.[0] ?? null;
  } finally {
    agent.close();
    stream.destroy();
    await launcher.kill(spec.sandboxId);
  }
}
