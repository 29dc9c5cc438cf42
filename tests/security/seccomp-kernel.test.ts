/** The kernel is the last judge: the shipped filter is installed and every call that it refuses is really made. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { architectures, compile, parseProfile, returnValue, shippedOptions, simulate } from "@hsr/runtimes/seccomp";
import { expect, test } from "vitest";
import { describeWith } from "../support/host.ts";
import { checkout, testProgram } from "../support/native.ts";

const SIGSYS = 31;
const retErrno = 0x0005_0000;
const kill = returnValue({ kind: "kill_process" });
const allow = returnValue({ kind: "allow" });

/**
 * `uretprobe` and `uprobe` of x86-64 never reach a filter (the kernel lets them pass before it asks): they are entered from
 * trampolines that the kernel itself placed, and answer SIGILL or ENXIO to anybody else.
 */
const exempt = [335, 336];

interface Attempt {
  readonly number: number;
  readonly args: readonly bigint[];
}

const inKernel = (filter: Uint8Array, attempts: readonly Attempt[]): readonly string[] => {
  const folder = mkdtempSync(join(tmpdir(), "hsr-filter-"));
  try {
    writeFileSync(join(folder, "filter.bpf"), filter);
    const six = (args: readonly bigint[]): string => Array.from({ length: 6 }, (_, i) => args[i] ?? 0n).join(" ");
    const input = attempts.map(({ number, args }) => `${number} ${six(args)}\n`).join("");
    const out = execFileSync(testProgram("try-calls"), [join(folder, "filter.bpf")], { input, encoding: "utf8" });
    return out.trim().split("\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const expected = (verdict: number): string => {
  if (verdict === kill) return `killed ${SIGSYS}`;
  const errno = verdict & 0xffff;
  return errno === 0 ? "result 0 0" : `result -1 ${errno}`;
};

describeWith(["gcc"], "the shipped filter in this kernel", () => {
  const profile = parseProfile(readFileSync(join(checkout, "config/seccomp/default.json"), "utf8"));
  const architecture = process.arch === "arm64" ? "aarch64" : "x86_64";
  const { bytes, program } = compile(profile, architecture, shippedOptions);
  const { auditArch: arch, calls } = architectures[architecture];
  const verdict = ({ number, args }: Attempt): number => simulate(program, { arch, number, args });
  const call = (name: string, ...args: bigint[]): Attempt => ({ number: calls[name] ?? -1, args });

  const attempts: Attempt[] = [...Array(512).keys()]
    .filter((number) => !exempt.includes(number))
    .concat([0x40000000, 0x40000027, 0x40000200])
    .map((number) => ({
      number,
      args: [],
    }));
  const high = 0x1_0000_0000n;
  attempts.push(
    ...[0x20000n, 0x2000000n, 0x4000000n, 0x8000000n, 0x10000000n, 0x20000000n, 0x40000000n].map((flag) =>
      call("clone", flag | 17n),
    ),
    ...[0x5412n, 0x541cn, 0x5412n | high, 0x541cn | high, 0x5423n].map((request) => call("ioctl", 0n, request)),
    ...Array.from({ length: 46 }, (_, family) => call("socket", BigInt(family), 3n, 0n)),
    ...[1n, 2n, 1n | high].map((policy) => call("sched_setscheduler", 0n, policy)),
    call("socket", 16n, 3n, 12n),
    call("socketpair", 1n, 2n, 0n),
    call("socketpair", 1n, 2n | high, 0n),
    call("personality", 0x40000n),
    call("prctl", 22n, 2n),
  );
  const refused = attempts.filter(
    (attempt) => verdict(attempt) === kill || (verdict(attempt) & 0xffff_0000) === retErrno,
  );

  test("refuses exactly as the simulator says", () => {
    expect(refused.length).toBeGreaterThan(250);
    const answers = inKernel(bytes, refused);
    const wrong = refused.flatMap((attempt, i) =>
      answers[i] === expected(verdict(attempt))
        ? []
        : [`${attempt.number}(${attempt.args.join(",")}): ${answers[i]}, not ${expected(verdict(attempt))}`],
    );
    expect(wrong).toEqual([]);
  });

  test("lets through what it allows", () => {
    const harmless = [
      call("getpid"),
      call("socket", 1n, 1n, 0n),
      call("socket", 2n, 1n, 6n),
      call("socket", 10n, 2n | 0x80000n, 0n),
      call("personality", 0xffff_ffffn),
      call("prctl", 3n),
    ];
    expect(harmless.map(verdict)).toEqual(harmless.map(() => allow));
    for (const answer of inKernel(bytes, harmless)) expect(answer).toMatch(/^result \d+ 0$/);
  });

  test("control: under a filter that allows everything the same calls are answered by the kernel itself", () => {
    const open = compile(parseProfile('{"defaultAction":"SCMP_ACT_ALLOW"}'), architecture).bytes;
    // Chosen so that the kernel's own answer differs from the filter's and nothing happens on this host.
    const told = [
      call("io_uring_setup", 0n, 0n),
      call("userfaultfd", 0xffffn),
      call("keyctl", 0xffffn),
      call("clone3", 0n, 0n),
    ];
    const answers = inKernel(open, told);
    told.forEach((attempt, i) => {
      expect(answers[i]).not.toBe(expected(verdict(attempt)));
    });
  });
});
