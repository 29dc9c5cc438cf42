import { describe, expect, it } from "vitest";
import { architectures } from "./architectures.ts";
import { parseProfile, profileFrom } from "./profile.ts";
import { resolveRules } from "./rules.ts";

const rule = (fields: object) => ({ names: ["read"], action: "SCMP_ACT_ALLOW", ...fields });
const profile = (...rules: object[]) => ({ defaultAction: "SCMP_ACT_ERRNO", syscalls: rules });
const resolve = (value: unknown, architecture: "x86_64" | "aarch64" = "x86_64") =>
  resolveRules(profileFrom(value), architectures[architecture]);

describe("a profile is refused", () => {
  const refused: readonly (readonly [string, unknown, RegExp])[] = [
    ["with a key nobody knows", { ...profile(), sycalls: [] }, /unknown key "sycalls"/],
    ["with an unknown key in a rule", profile(rule({ includes: {} })), /unknown key "includes"/],
    ["with an unknown action", profile(rule({ action: "SCMP_ACT_NOTIFY" })), /SCMP_ACT_NOTIFY is not supported/],
    [
      "with an unknown operator",
      profile(rule({ args: [{ index: 0, value: 1, op: "SCMP_CMP_ABOUT" }] })),
      /unknown operator/,
    ],
    ["with a seventh argument", profile(rule({ args: [{ index: 6, value: 1, op: "SCMP_CMP_EQ" }] })), /0 to 5/],
    ["with a negative value", profile(rule({ args: [{ index: 0, value: -1, op: "SCMP_CMP_EQ" }] })), /integer from 0/],
    [
      "with a condition that can never hold",
      profile(rule({ args: [{ index: 0, value: 1, valueTwo: 2, op: "SCMP_CMP_MASKED_EQ" }] })),
      /never hold/,
    ],
    [
      "with one argument compared twice in a rule",
      profile(
        rule({
          args: [
            { index: 0, value: 1, op: "SCMP_CMP_GE" },
            { index: 0, value: 9, op: "SCMP_CMP_LE" },
          ],
        }),
      ),
      /compared twice/,
    ],
    ["with an errno for an action that has none", profile(rule({ errnoRet: 5 })), /takes no errno/],
    ["with an errno beyond the kernel's", profile(rule({ action: "SCMP_ACT_ERRNO", errnoRet: 4096 })), /0 to 4095/],
    ["with a misspelt call", profile(rule({ names: ["raed"] })), /no system call "raed"/],
    ["with a name that is a property of every object", profile(rule({ names: ["constructor"] })), /no system call/],
    [
      "for other architectures only",
      { ...profile(rule({})), architectures: ["SCMP_ARCH_S390X"] },
      /not for SCMP_ARCH_X86_64/,
    ],
    [
      "with two rules that contradict each other",
      profile(rule({}), rule({ action: "SCMP_ACT_KILL" })),
      /two rules with different actions/,
    ],
    [
      "with conditions that overlap under different actions",
      profile(
        rule({ args: [{ index: 0, value: 5, op: "SCMP_CMP_GE" }] }),
        rule({ action: "SCMP_ACT_KILL", args: [{ index: 0, value: 7, op: "SCMP_CMP_EQ" }] }),
      ),
      /two rules with different actions/,
    ],
  ];
  for (const [why, value, message] of refused) it(why, () => expect(() => resolve(value)).toThrow(message));
});

describe("a profile", () => {
  it("keeps every bit of a 64-bit value in its text", () => {
    const text = `{"defaultAction":"SCMP_ACT_KILL","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW",
      "args":[{"index":0,"value":18446744073709551615,"op":"SCMP_CMP_EQ"}]}]}`;
    expect(parseProfile(text).rules[0]?.conditions[0]?.value).toBe(0xffff_ffff_ffff_ffffn);
  });

  it("skips names that only another architecture has, and lists them", () => {
    const value = profile(rule({ names: ["open", "openat"] }));
    expect(resolve(value, "aarch64").skipped).toEqual(["open"]);
    expect(resolve(value, "x86_64").skipped).toEqual([]);
  });

  it("takes two rules with different actions where no argument satisfies both", () => {
    const value = profile(
      rule({ args: [{ index: 0, value: 0xff, valueTwo: 1, op: "SCMP_CMP_MASKED_EQ" }] }),
      rule({ action: "SCMP_ACT_KILL", args: [{ index: 0, value: 0xf, valueTwo: 2, op: "SCMP_CMP_MASKED_EQ" }] }),
      rule({ action: "SCMP_ACT_LOG", args: [{ index: 0, value: 0, op: "SCMP_CMP_EQ" }] }),
    );
    expect(resolve(value).clauses.get(0)).toHaveLength(3);
  });
});
