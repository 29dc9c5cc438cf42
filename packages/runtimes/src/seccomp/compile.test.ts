import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Architecture, architectures } from "./architectures.ts";
import { returnValue } from "./assemble.ts";
import { decode, encode } from "./bpf.ts";
import { compile } from "./compile.ts";
import { type Condition, type Operator, type Profile, parseProfile, profileFrom } from "./profile.ts";
import { shippedOptions } from "./shipped.ts";
import { type Call, checkProgram, simulate, trace } from "./simulate.ts";

const EPERM = 1;
const EAFNOSUPPORT = 97;
const ENOSYS = 38;
const allow = returnValue({ kind: "allow" });
const kill = returnValue({ kind: "kill_process" });
const errno = (number: number): number => returnValue({ kind: "errno", errno: number });
const allBits = 0xffff_ffff_ffff_ffffn;

/** What the condition says, read directly. */
const holds = ({ index, op, value, valueTwo }: Condition, args: readonly bigint[]): boolean => {
  const arg = args[index] ?? 0n;
  switch (op) {
    case "EQ":
      return arg === value;
    case "NE":
      return arg !== value;
    case "LT":
      return arg < value;
    case "LE":
      return arg <= value;
    case "GT":
      return arg > value;
    case "GE":
      return arg >= value;
    case "MASKED_EQ":
      return (arg & value) === valueTwo;
  }
};

/** What the profile says, read directly: slow, obvious, and independent of the compiler. */
const meaning = (profile: Profile, architecture: Architecture, { number, args }: Call): number => {
  for (const { names, conditions, action } of profile.rules) {
    if (!names.some((name) => architectures[architecture].calls[name] === number)) continue;
    if (conditions.every((condition) => holds(condition, args))) return returnValue(action);
  }
  return returnValue(profile.defaultAction);
};

const oneOf = (numbers: readonly number[]): fc.Arbitrary<number> => fc.constantFrom(...numbers);

const interestingWord = fc.oneof(
  fc.constantFrom(
    0n,
    1n,
    2n,
    0x7fff_ffffn,
    0x8000_0000n,
    0xffff_ffffn,
    0x1_0000_0000n,
    0xffff_ffff_0000_0000n,
    allBits,
  ),
  fc.bigInt({ min: 0n, max: 40n }),
  fc.bigInt({ min: 0n, max: allBits }),
);

const condition = (index: number): fc.Arbitrary<Condition> =>
  fc
    .record({
      op: fc.constantFrom<Operator>("EQ", "NE", "LT", "LE", "GT", "GE", "MASKED_EQ"),
      value: interestingWord,
      other: interestingWord,
    })
    .map(({ op, value, other }) => ({ index, op, value, valueTwo: op === "MASKED_EQ" ? other & value : 0n }));

const conditions = fc
  .uniqueArray(fc.nat({ max: 2 }), { maxLength: 3 })
  .chain((indexes) => fc.tuple(...indexes.map(condition)));

/** Rules with one action, so that no two contradict each other. */
const anyProfile: fc.Arbitrary<Profile> = fc.record({
  defaultAction: fc.constant({ kind: "errno", errno: EPERM } as const),
  architectures: fc.constant([]),
  rules: fc.array(
    fc.record({
      names: fc.uniqueArray(fc.constantFrom("read", "socket", "ioctl", "clone", "mseal", "prctl", "openat"), {
        minLength: 1,
      }),
      action: fc.constant({ kind: "allow" } as const),
      conditions,
    }),
    { maxLength: 12 },
  ),
});

/** Arguments at and beside every value that the profile names, in either word. */
const near = (profile: Profile): fc.Arbitrary<bigint> => {
  const values = profile.rules.flatMap((rule) => rule.conditions.flatMap(({ value, valueTwo }) => [value, valueTwo]));
  const around = values.flatMap((v) => [
    v,
    v + 1n,
    v - 1n,
    v ^ 0x1_0000_0000n,
    v & 0xffff_ffffn,
    v | 0xffff_ffff_0000_0000n,
  ]);
  return fc.oneof(fc.constantFrom(0n, ...around.map((v) => v & allBits)), interestingWord);
};

const defaultProfile = parseProfile(
  readFileSync(new URL("../../../../config/seccomp/default.json", import.meta.url), "utf8"),
);

describe("a compiled filter", () => {
  it("says what the profile says, for random profiles and arguments around their values", () => {
    fc.assert(
      fc.property(
        anyProfile,
        fc.constantFrom<Architecture>("x86_64", "aarch64"),
        fc.gen(),
        (profile, architecture, gen) => {
          const { program } = compile(profile, architecture);
          checkProgram(program);
          const numbers = profile.rules.flatMap((rule) =>
            rule.names.map((name) => architectures[architecture].calls[name] ?? 0),
          );
          for (let i = 0; i < 30; i++) {
            const call: Call = {
              arch: architectures[architecture].auditArch,
              number: gen(oneOf, [0, 1023, ...numbers, ...numbers.map((n) => n + 1)]),
              args: [gen(near, profile), gen(near, profile), gen(near, profile)],
            };
            expect(
              simulate(program, call),
              JSON.stringify(call, (_k, v) => String(v)),
            ).toBe(meaning(profile, architecture, call));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("refuses i386 and x32 calls whatever their numbers", () => {
    const { program } = compile(defaultProfile, "x86_64", shippedOptions);
    const auditArchI386 = 0x40000003;
    for (let number = 0; number < 600; number++) {
      expect(simulate(program, { arch: auditArchI386, number, args: [] })).toBe(kill);
      expect(simulate(program, { arch: 0xc000003e, number: 0x40000000 + number, args: [] })).toBe(kill);
      expect(simulate(program, { arch: architectures.aarch64.auditArch, number, args: [] })).toBe(kill);
    }
  });

  it("tells calls that are newer than its table ENOSYS, so that libc falls back", () => {
    for (const architecture of ["x86_64", "aarch64"] as const) {
      const { program } = compile(defaultProfile, architecture, shippedOptions);
      const arch = architectures[architecture].auditArch;
      expect(simulate(program, { arch, number: 470, args: [] })).toBe(errno(ENOSYS));
      expect(simulate(program, { arch, number: 0x3fffffff, args: [] })).toBe(errno(ENOSYS));
    }
  });

  it("takes jumps over more than 255 instructions", () => {
    const rules = Object.keys(architectures.x86_64.calls).map((name, i) => ({
      names: [name],
      action: "SCMP_ACT_ALLOW",
      args: [
        { index: i % 3, value: 1000 + i, op: "SCMP_CMP_GE" },
        { index: 3, value: i, op: "SCMP_CMP_NE" },
      ],
    }));
    const profile = profileFrom({ defaultAction: "SCMP_ACT_ERRNO", syscalls: rules });
    const { program } = compile(profile, "x86_64");
    checkProgram(program);
    expect(program.length).toBeGreaterThan(1500);
    Object.values(architectures.x86_64.calls).forEach((number, i) => {
      for (const args of [[], [5000n, 5000n, 5000n, 9999n], [5000n, 5000n, 5000n, BigInt(i)]]) {
        const call = { arch: architectures.x86_64.auditArch, number, args };
        expect(simulate(program, call)).toBe(meaning(profile, "x86_64", call));
      }
    });
  });

  it("is refused when the kernel would not take it for its length", () => {
    const rules = Array.from({ length: 1500 }, (_, i) => ({
      names: ["read"],
      action: "SCMP_ACT_ALLOW",
      args: [{ index: 0, value: 3 * i, op: "SCMP_CMP_EQ" }],
    }));
    const profile = profileFrom({ defaultAction: "SCMP_ACT_ERRNO", syscalls: rules });
    expect(() => compile(profile, "x86_64")).toThrow(/instructions; the kernel takes 4096/);
  });

  it("is the same bytes every time, and bytes decode to the same program", () => {
    const first = compile(defaultProfile, "x86_64", shippedOptions);
    const second = compile(defaultProfile, "x86_64", shippedOptions);
    expect(first.bytes).toEqual(second.bytes);
    expect(decode(first.bytes)).toEqual(first.program);
    expect(encode(decode(first.bytes))).toEqual(first.bytes);
  });

  it("stays small, since each instruction costs every start", () => {
    for (const architecture of ["x86_64", "aarch64"] as const) {
      expect(compile(defaultProfile, architecture, shippedOptions).program.length).toBeLessThanOrEqual(200);
    }
  });

  it("answers every call in few steps, argument tests included", () => {
    for (const architecture of ["x86_64", "aarch64"] as const) {
      const { program } = compile(defaultProfile, architecture, shippedOptions);
      const { auditArch: arch, calls } = architectures[architecture];
      const steps = (name: string): number => trace(program, { arch, number: calls[name] ?? -1, args: [] }).steps;
      for (const name of ["read", "write", "futex", "mmap", "openat", "close", "clock_gettime", "ppoll"]) {
        expect(steps(name), `${name} on ${architecture}`).toBeLessThanOrEqual(16);
      }
      for (const name of Object.keys(calls)) expect(steps(name), name).toBeLessThanOrEqual(32);
    }
  });
});

describe("the default profile", () => {
  const verdictOn = (architecture: Architecture) => {
    const { program } = compile(defaultProfile, architecture, shippedOptions);
    const { auditArch: arch, calls } = architectures[architecture];
    return (name: string, ...args: bigint[]): number => {
      const number = calls[name];
      if (number === undefined) throw new Error(`${architecture} has no ${name}`);
      return simulate(program, { arch, number, args });
    };
  };

  for (const architecture of ["x86_64", "aarch64"] as const) {
    const verdict = verdictOn(architecture);

    it(`refuses what a sandbox has no use for (${architecture})`, () => {
      const refused =
        "unshare setns mount umount2 pivot_root chroot ptrace process_vm_readv process_vm_writev process_madvise pidfd_getfd kcmp keyctl add_key request_key bpf perf_event_open userfaultfd init_module finit_module delete_module kexec_load swapon swapoff reboot settimeofday clock_settime adjtimex clock_adjtime quotactl name_to_handle_at open_by_handle_at acct syslog io_uring_setup io_uring_enter io_uring_register fanotify_init sethostname setdomainname vhangup move_pages migrate_pages mbind set_mempolicy seccomp vmsplice sched_setattr nfsservctl remap_file_pages";
      for (const name of refused.split(" ")) expect(verdict(name), name).toBe(errno(EPERM));
    });

    it(`answers ENOSYS where a program has an older call to fall back to (${architecture})`, () => {
      for (const name of "clone3 fsopen fsconfig fsmount fspick open_tree move_mount mount_setattr open_tree_attr".split(
        " ",
      )) {
        expect(verdict(name), name).toBe(errno(ENOSYS));
      }
    });

    it(`lets clone make threads and processes but no namespace (${architecture})`, () => {
      expect(verdict("clone", 0x3d0f00n)).toBe(allow);
      expect(verdict("clone", 0x1200011n)).toBe(allow);
      for (const bit of [0x20000n, 0x2000000n, 0x4000000n, 0x8000000n, 0x10000000n, 0x20000000n, 0x40000000n]) {
        expect(verdict("clone", bit | 17n), bit.toString(16)).toBe(errno(EPERM));
        expect(verdict("clone", bit | 17n | 0xdead_0000_0000n), bit.toString(16)).toBe(errno(EPERM));
      }
    });

    it(`knows the socket families that work alone in a sandbox (${architecture})`, () => {
      const [unix, inet, inet6, netlink, packet, alg, vsock] = [1n, 2n, 10n, 16n, 17n, 38n, 40n];
      const [stream, dgram, raw, seqpacket, cloexec] = [1n, 2n, 3n, 5n, 0x80000n];
      for (const type of [stream, dgram, seqpacket]) expect(verdict("socket", unix, type | cloexec, 0n)).toBe(allow);
      for (const family of [inet, inet6]) {
        expect(verdict("socket", family, stream | cloexec, 0n)).toBe(allow);
        expect(verdict("socket", family, stream, 6n)).toBe(allow);
        expect(verdict("socket", family, dgram, 17n)).toBe(allow);
        const [icmp, mptcp, sctp] = [1n, 262n, 132n];
        for (const [type, protocol] of [
          [raw, 0n],
          [dgram, icmp],
          [stream, mptcp],
          [stream, sctp],
        ] as const) {
          expect(verdict("socket", family, type, protocol)).toBe(errno(EPERM));
        }
      }
      for (const protocol of [0n, 12n, 6n, 9n, 15n, 16n, 31n]) {
        expect(verdict("socket", netlink, raw | cloexec, protocol)).toBe(errno(EAFNOSUPPORT));
      }
      for (const family of [0n, 3n, 4n, 9n, 15n, packet, alg, vsock, 31n, 44n, 45n]) {
        expect(verdict("socket", family, raw, 0n), `family ${family}`).toBe(errno(EAFNOSUPPORT));
        expect(verdict("socket", family | 0xf000_0000_0000n, raw, 0n), `family ${family}`).toBe(errno(EAFNOSUPPORT));
      }
      expect(verdict("socketpair", unix, stream | cloexec, 0n)).toBe(allow);
      expect(verdict("socketpair", unix, dgram, 0n)).toBe(errno(EPERM));
      expect(verdict("socketpair", unix, dgram | 0x1_0000_0000n, 0n)).toBe(errno(EPERM));
    });

    it(`refuses TIOCSTI and TIOCLINUX even with high bits set, which the kernel drops (${architecture})`, () => {
      const [tcgets, tiocsti, tioclinux, tiocsetd] = [0x5401n, 0x5412n, 0x541cn, 0x5423n];
      expect(verdict("ioctl", 1n, tcgets)).toBe(allow);
      for (const request of [tiocsti, tioclinux, tiocsetd]) {
        for (const high of [0n, 1n, 0xffff_ffffn, 0x8000_0000n]) {
          expect(verdict("ioctl", 0n, request | (high << 32n)), request.toString(16)).toBe(errno(EPERM));
        }
      }
    });

    it(`lets nobody ask for real-time scheduling or another personality (${architecture})`, () => {
      expect(verdict("sched_setscheduler", 0n, 0n)).toBe(allow);
      for (const policy of [1n, 2n, 6n, 0x40000001n]) {
        expect(verdict("sched_setscheduler", 0n, policy)).toBe(errno(EPERM));
        expect(verdict("sched_setscheduler", 0n, policy | (1n << 32n))).toBe(errno(EPERM));
      }
      expect(verdict("personality", 0xffff_ffffn)).toBe(allow);
      for (const persona of [0x40000n, 8n, 0x400000n]) expect(verdict("personality", persona)).toBe(errno(EPERM));
    });

    it(`answers sync with success and flushes nothing, since the disks are the host's (${architecture})`, () => {
      expect(verdict("sync")).toBe(errno(0));
      expect(verdict("syncfs", 3n)).toBe(errno(0));
    });

    it(`leaves the agent what it needs as process 1 (${architecture})`, () => {
      const needed =
        "setresuid setresgid setgroups setfsuid setfsgid capset capget kill wait4 signalfd4 epoll_create1 prlimit64 close_range execve execveat recvmsg sendmsg";
      for (const name of needed.split(" ")) expect(verdict(name), name).toBe(allow);
      for (const option of [4n, 24n, 36n, 38n, 47n]) expect(verdict("prctl", option)).toBe(allow);
      expect(verdict("prctl", 22n), "PR_SET_SECCOMP").toBe(errno(EPERM));
    });
  }
});
