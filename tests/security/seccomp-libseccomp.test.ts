/**
 * libseccomp is the reference: both compilers get the same profile, and both filters run in the simulator over every call
 * number and the arguments around every value that the profile names. The verdicts must be equal.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Architecture,
  architectures,
  type Condition,
  checkProgram,
  compile,
  decode,
  type Instruction,
  type Operator,
  type Profile,
  parseProfile,
  returnValue,
  simulate,
} from "@hsr/runtimes/seccomp";
import fc from "fast-check";
import { expect, test } from "vitest";
import { describeWith } from "../support/host.ts";
import { checkout, testProgram } from "../support/native.ts";

const kill = returnValue({ kind: "kill_process" });
const auditArchI386 = 0x40000003;
const auditArchS390x = 0x80000016;
const allBits = 0xffff_ffff_ffff_ffffn;

interface Reference {
  readonly program: readonly Instruction[];
  /** Names that this libseccomp is too old for. */
  readonly unknown: ReadonlySet<string>;
}

const reference = (profile: Profile, architecture: Architecture): Reference => {
  const rules = profile.rules.flatMap(({ names, action, conditions }) => {
    const args = conditions.map(({ index, op, value, valueTwo }) => `${index} ${op} ${value} ${valueTwo}`).join(" ");
    return names.map((name) => `rule ${name} ${returnValue(action)} ${conditions.length} ${args}`);
  });
  const header = `arch ${architecture} default ${returnValue(profile.defaultAction)} foreign ${kill}`;
  const done = spawnSync(testProgram("reference-filter", "-lseccomp"), { input: [header, ...rules].join("\n") });
  if (done.status !== 0) throw new Error(`libseccomp: ${done.stderr.toString()}`);
  return { program: decode(done.stdout), unknown: new Set(done.stderr.toString().split("\n").filter(Boolean)) };
};

const around = (conditions: readonly Condition[], index: number): readonly bigint[] => {
  const values = conditions.filter((one) => one.index === index).flatMap(({ value, valueTwo }) => [value, valueTwo]);
  const near = values.flatMap((v) => [
    v,
    v - 1n,
    v + 1n,
    v ^ 0x1_0000_0000n,
    v ^ 0xffff_ffff_0000_0000n,
    v & 0xffff_ffffn,
  ]);
  return [...new Set([0n, allBits, ...near].map((v) => v & allBits))];
};

/** Combinations of interesting arguments: all of them, or `cap` spread evenly over all of them. */
function* combinations(conditions: readonly Condition[], cap: number): Generator<readonly bigint[]> {
  const values = Array.from({ length: 6 }, (_, index) =>
    conditions.some((one) => one.index === index) ? around(conditions, index) : [0n],
  );
  const total = values.reduce((product, { length }) => product * length, 1);
  // An odd stride that shares no factor with small counts visits every value of every argument.
  const stride = total <= cap ? 1 : Math.ceil(total / cap) | 1;
  for (let i = 0; i < total; i += stride) {
    let rest = i;
    yield values.map((choices) => {
      const value = choices[rest % choices.length] ?? 0n;
      rest = Math.floor(rest / choices.length);
      return value;
    });
  }
}

/** Compares both filters over all numbers; returns how many calls were compared. Arguments are tried in all combinations up to a cap. */
const compare = (profile: Profile, architecture: Architecture, cap: number): number => {
  const facts = architectures[architecture];
  const theirs = reference(profile, architecture);
  const known = {
    ...profile,
    rules: profile.rules.map((rule) => ({ ...rule, names: rule.names.filter((n) => !theirs.unknown.has(n)) })),
  };
  const ours = compile(known, architecture);
  checkProgram(ours.program);
  let compared = 0;
  const same = (arch: number, number: number, args: readonly bigint[]): void => {
    compared++;
    const [mine, its] = [
      simulate(ours.program, { arch, number, args }),
      simulate(theirs.program, { arch, number, args }),
    ];
    if (mine !== its)
      expect.fail(
        `arch ${arch.toString(16)} call ${number} args ${args.join(",")}: ours ${mine.toString(16)}, libseccomp ${its.toString(16)}`,
      );
  };
  const conditionsOf = new Map<number, Condition[]>();
  for (const rule of known.rules) {
    for (const name of rule.names) {
      const number = facts.calls[name];
      if (number !== undefined) conditionsOf.set(number, [...(conditionsOf.get(number) ?? []), ...rule.conditions]);
    }
  }
  const numbers = [
    ...Array(1200).keys(),
    0x3fffffff,
    0x40000000,
    0x40000001,
    0x40000200,
    0x7fffffff,
    0x80000000,
    0xfffffffe,
    0xffffffff,
  ];
  for (const number of numbers) {
    for (const arch of [facts.auditArch, auditArchI386, auditArchS390x, 0, 0xffffffff]) same(arch, number, []);
    const conditions = conditionsOf.get(number);
    if (!conditions?.length) continue;
    for (const args of combinations(conditions, cap)) same(facts.auditArch, number, args);
  }
  return compared;
};

const word = fc.oneof(
  fc.constantFrom(0n, 1n, 0xffff_ffffn, 0x1_0000_0000n, allBits),
  fc.bigInt({ min: 0n, max: allBits }),
);
const condition = (index: number): fc.Arbitrary<Condition> =>
  fc
    .record({
      op: fc.constantFrom<Operator>("EQ", "NE", "LT", "LE", "GT", "GE", "MASKED_EQ"),
      value: word,
      other: word,
    })
    .map(({ op, value, other }) => ({ index, op, value, valueTwo: op === "MASKED_EQ" ? other & value : 0n }));

const equality = (index: number): fc.Arbitrary<Condition> =>
  word.map((value) => ({ index, op: "EQ", value, valueTwo: 0n }));
const callNames = ["read", "ioctl", "clone", "prctl", "openat", "socket", "kill"] as const;
const rule = (name: string, conditions: readonly Condition[]) => ({
  names: [name],
  action: { kind: "allow" } as const,
  conditions,
});
/**
 * Per call either one rule with several conditions, or several rules that each ask for equality. Elsewhere libseccomp 2.5.4
 * is no reference: it merges several rules of one call into one tree and then allows calls that no rule allows (seen here:
 * `a0 <= 0` beside `a0 > 2^32` lets a0 = 1 through). compile.test.ts compares those with the profile's own meaning.
 */
const rulesOf = (name: string) =>
  fc.oneof(
    fc
      .uniqueArray(fc.nat({ max: 5 }), { maxLength: 3 })
      .chain((indexes) => fc.tuple(...indexes.map(condition)))
      .map((conditions) => [rule(name, conditions)]),
    fc.nat({ max: 5 }).chain((index) =>
      fc.array(
        equality(index).map((one) => rule(name, [one])),
        { minLength: 1, maxLength: 4 },
      ),
    ),
  );
const randomProfile: fc.Arbitrary<Profile> = fc.record({
  defaultAction: fc.constantFrom({ kind: "errno", errno: 1 } as const, { kind: "kill_process" } as const),
  architectures: fc.constant([]),
  rules: fc.subarray([...callNames]).chain((names) => fc.tuple(...names.map(rulesOf)).map((lists) => lists.flat())),
});

describeWith(["libseccomp"], "our filter and libseccomp's agree", () => {
  for (const architecture of ["x86_64", "aarch64"] as const) {
    test(`on the default profile for ${architecture}`, () => {
      const profile = parseProfile(readFileSync(join(checkout, "config/seccomp/default.json"), "utf8"));
      expect(compare(profile, architecture, 20_000)).toBeGreaterThan(10_000);
    });

    test(`on random profiles for ${architecture}`, () => {
      fc.assert(
        fc.property(randomProfile, (profile) => {
          compare(profile, architecture, 500);
        }),
        { numRuns: 100 },
      );
    });
  }
});
