import { readFileSync } from "node:fs";
import { comparePolicies, type Limits, type Policy, policyStrategy, readCases, runCase } from "@hsr/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readPolicyText } from "./read.ts";
import { readYaml } from "./yaml.ts";

const MiB = 1024 * 1024;
const limits: Limits = {
  wallMs: 30_000,
  cpuCores: 1,
  memoryBytes: 256 * MiB,
  pids: 128,
  diskBytes: 64 * MiB,
  inodes: 4096,
  outputBytes: MiB,
  openFiles: 256,
};
const shipped = readFileSync(new URL("../../../../config/policy.yaml", import.meta.url), "utf8");
const seed = `# config/policy.yaml
rules:
  - match:
      lang: "python"
      network: false
    use: "gvisor"

  - match:
      binary: true
      unknown-lang: true
    use: "firecracker"

default: "docker"
`;

function policyOf(text: string): Policy {
  const reading = readPolicyText(text, "policy.yaml");
  if (reading.kind === "problems") throw new Error(JSON.stringify(reading.problems));
  return reading.policy;
}

function problemsOf(text: string): readonly string[] {
  const reading = readPolicyText(text, "policy.yaml");
  if (reading.kind === "policy") throw new Error("it was read");
  return reading.problems.map(({ line, column, reason }) => `${line}:${column} ${reason}`);
}

/** What a policy wants of a request that is given in the words of cases. */
function wanted(text: string, given: string) {
  const yaml = readYaml(`cases:\n  - given: ${given}\n    expect: {deny: false}\n`);
  if (yaml.kind === "problems") throw new Error(JSON.stringify(yaml.problems));
  const reading = readCases(yaml.root, limits);
  if (reading.kind === "problems") throw new Error(JSON.stringify(reading.problems));
  const [one] = reading.cases;
  if (one === undefined) throw new Error("no case");
  return policyStrategy.selectRuntime({ facts: one.facts, policy: policyOf(text) });
}

describe("the form that the project began with", () => {
  test("works as it stands", () => {
    expect(wanted(seed, "{lang: python}")).toMatchObject({
      runtime: "gvisor",
      level: "standard",
      rule: "policy.yaml:3",
    });
    expect(wanted(seed, "{lang: python, network: open}")).toMatchObject({ runtime: "docker", level: "basic" });
    expect(wanted(seed, "{lang: unknown, binary: true}")).toMatchObject({
      runtime: "firecracker",
      level: "maximum",
      rule: "policy.yaml:8",
    });
    expect(wanted(seed, "{lang: bash}")).toMatchObject({ runtime: "docker", rule: "policy.yaml:13" });
  });
});

describe("the shipped policy", () => {
  test.each([
    ["unknown", "strong"],
    ["low", "basic"],
    ["medium", "standard"],
    ["high", "strong"],
  ])("wants, for a risk that is %s, the level %s", (risk, level) => {
    for (const lang of ["python", "javascript", "typescript", "bash", "unknown"])
      expect(wanted(shipped, `{lang: ${lang}, risk: ${risk}}`)).toMatchObject({ level, denied: null, approval: null });
  });
});

describe("rules are read", () => {
  test("from the top to the first that decides", () => {
    const text = `
rules:
  - {match: {lang: python}, limits: {timeout: 10s}}
  - {match: {lang: python}, level: standard}
  - {match: {}, level: maximum, limits: {timeout: 1s}}
default: {level: basic}`;
    expect(wanted(text, "{lang: python}")).toMatchObject({
      level: "standard",
      limits: { wallMs: 10_000 },
      rule: "policy.yaml:4",
    });
    expect(wanted(text, "{lang: bash}")).toMatchObject({ level: "maximum", limits: { wallMs: 1000 } });
  });

  test("with `always` wherever they stand, and the strictest of each restriction holds", () => {
    const text = `
rules:
  - {match: {}, level: standard, limits: {memory_limit: 128MiB, pids_limit: 64}, network: allowlist}
  - {match: {}, always: true, limits: {memory_limit: 64MiB, pids_limit: 100}, network: none}
  - {match: {lang: bash}, always: true, level: strong}
  - {match: {lang: typescript}, always: true, deny: not here}
default: bubblewrap`;
    expect(wanted(text, "{lang: python}")).toMatchObject({
      level: "standard",
      network: "none",
      limits: { memoryBytes: 64 * MiB, pids: 64 },
      rule: "policy.yaml:3",
    });
    expect(wanted(text, "{lang: bash}")).toMatchObject({ level: "strong", rule: "policy.yaml:5" });
    expect(wanted(text, "{lang: typescript}").denied).toEqual({ message: "not here", rule: "policy.yaml:6" });
  });

  test("what nobody knows is taken for the stricter, unless a rule says what holds then", () => {
    const rules = `
  - {match: {risk: low}, level: basic}
  - {match: {score: {min: 80}}, deny: too risky}
  - {match: {capabilities: network}, level: standard}
default: {level: basic}`;
    expect(wanted(`rules:${rules}`, "{risk: low}")).toMatchObject({ level: "basic", denied: null });
    expect(wanted(`rules:${rules}`, "{risk: unknown}").denied).not.toBeNull();
    const known = `rules:\n  - {match: {risk: unknown}, level: strong}${rules}`;
    expect(wanted(known, "{risk: unknown}")).toMatchObject({ level: "strong", denied: null });
  });

  test("and no label and no door makes less of it", () => {
    const text = `
rules:
  - {match: {labels: {trusted: "yes"}}, level: basic}
  - {match: {labels: {careful: true}}, level: strong}
  - {match: {not: {labels: {careful: true}}}, use: bubblewrap}
default: {level: standard}`;
    expect(wanted(text, "{}")).toMatchObject({ level: "standard" });
    expect(wanted(text, '{labels: {trusted: "yes"}}')).toMatchObject({ level: "standard" });
    expect(wanted(text, '{labels: {careful: "1"}}')).toMatchObject({ level: "strong" });
  });
});

describe("every key matches what it says", () => {
  test.each([
    ["lang: [bash, python]", "{lang: python}", "{lang: typescript}"],
    ["lang: unknown", "{lang: unknown}", "{lang: bash}"],
    ["network: true", "{network: allowlist}", "{}"],
    ["network: [allowlist, none]", "{}", "{network: open}"],
    ["binary: false", "{}", "{binary: true}"],
    ["unknown_lang: true", "{lang: unknown}", "{}"],
    ["risk: [medium, high]", "{risk: high}", "{risk: low}"],
    ["score: {min: 40, max: 60}", "{score: 60}", "{score: 61}"],
    ["findings: py-*", "{findings: [py-reverse-shell]}", "{findings: [sh-reverse-shell]}"],
    ["findings: {all: [a, b]}", "{findings: [a, b, c]}", "{findings: [a]}"],
    ["findings: {none: [a, b]}", "{findings: [c]}", "{findings: [b]}"],
    ["capabilities: [network, delete]", "{capabilities: delete}", "{capabilities: process}"],
    ["image: true", "{image: python}", "{}"],
    ['image: "registry.example/*"', "{image: registry.example/a/b}", "{image: example/a}"],
    ["tenant: team-*", "{tenant: team-a}", "{tenant: a-team}"],
    ["mounts: true", "{mounts: /data}", "{}"],
    ["mounts: {any: /etc*}", "{mounts: [/data, /etc/x]}", "{mounts: /data}"],
    ["limits: {memory_limit: {min: 1GiB}}", "{limits: {memory_limit: 1GiB}}", "{}"],
    ["opaque: true", "{opaque: true}", "{}"],
    ["any: [{lang: bash}, {binary: true}]", "{binary: true}", "{}"],
    ["all: [{lang: python}, {not: {binary: true}}]", "{}", "{binary: true}"],
    ["not: {any: [{lang: bash}, {lang: python}]}", "{lang: typescript}", "{lang: python}"],
  ])("%s", (match, yes, no) => {
    const text = `rules:\n  - {match: {${match}}, level: strong}\ndefault: {level: basic}`;
    expect(wanted(text, yes).level).toBe("strong");
    expect(wanted(text, no).level).toBe("basic");
  });

  test.each(["labels: {a: x*}", "door: rest"])("%s, which may only restrict", (match) => {
    const text = `rules:\n  - {match: {${match}}, level: strong}\ndefault: {level: basic}`;
    expect(wanted(text, "{labels: {a: xy}, door: rest}").level).toBe("strong");
  });
});

describe("a mistake is said with its place", () => {
  test.each([
    ["", "1:1 the text is empty"],
    ["rules: []", "1:1 the policy has no default"],
    ["default: dokcer", '1:10 default names "dokcer", which is no runtime; did you mean docker?'],
    ["default: docker\nrulez: []", "2:1 the policy has no rulez; did you mean rules?"],
    ["version: 2\ndefault: docker", "1:10 version 2 is not known"],
    ["default: docker\nrules:\n  - use: gvisor", "3:5 the rule has no match"],
    ["default: docker\nrules:\n  - match: {lang: python}", "3:5 the rule says nothing"],
    [
      "default: docker\nrules:\n  - match: {lang: pyhton}\n    use: gvisor",
      '3:19 match.lang has no "pyhton"; did you mean python?',
    ],
    ["default: docker\nrules:\n  - match: {score: 50}\n    use: gvisor", "3:20 match.score wants a range, not 50"],
    [
      "default: docker\nrules:\n  - match: {binary: yes}\n    use: gvisor",
      '3:21 match.binary wants true or false, not "yes"',
    ],
    [
      "default: docker\nrules:\n  - match: {}\n    deny: no\n    level: basic",
      "4:11 the rule denies and names a place to run",
    ],
    [
      "default: docker\nrules:\n  - match: {unknown-lang: true, unknown_lang: true}\n    use: gvisor",
      "3:33 match has unknown_lang twice",
    ],
    [
      "default: docker\nrules:\n  - match: {}\n    limits: {memory_limit: 1TiB}",
      '4:28 memory_limit is no quantity: "1TiB"',
    ],
    ["default: {limits: {timeout: 1s}}", "1:1 the default decides nothing"],
    ["default: &a docker\nrules: *a", "2:8 there is something that is no text, number, list or map"],
    ["default: docker\ndefault: gvisor", "2:1 this is not YAML: Map keys must be unique"],
    [
      "default: [docker",
      "1:17 this is not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]",
    ],
  ])("%j", (text, problem) => {
    expect(problemsOf(text)).toContain(problem);
  });

  test("all of them at once, from the top", () => {
    expect(problemsOf("rules:\n  - match: {lang: perl}\n    use: x\n  - nothing\ndefault: y")).toHaveLength(4);
  });

  test("no text makes the reader throw", () => {
    const deep = `${"[".repeat(100_000)}`;
    for (const text of [
      deep,
      "a: ".repeat(50_000),
      "\u0000",
      "%YAML 3.0\n---\na",
      "!!js/function x",
      "- ".repeat(30_000),
    ])
      expect(readPolicyText(text, "policy.yaml").kind).toBe("problems");
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        readPolicyText(text, "policy.yaml");
      }),
    );
  });
});

test("two policies are compared by what they want, not by how they are written", () => {
  const moved = `${shipped}\n# a remark\n`.replace("rules:\n", "rules:\n\n\n");
  expect(comparePolicies(policyOf(shipped), policyOf(moved), limits).differences).toEqual([]);
  const { differences, requests } = comparePolicies(
    policyOf(shipped),
    policyOf(shipped.replace("match: {risk: medium}", "match: {risk: medium, network: true}")),
    limits,
  );
  expect(requests).toBe(160);
  expect(differences).toContainEqual({ request: "lang python, risk medium", before: "standard", after: "strong" });
});

test("a case that fails says what came instead", () => {
  const yaml = readYaml(`cases:
  - name: wrong
    given: {risk: medium}
    expect: {level: basic, rule: low risk, deny: true, limits: {timeout: 1s}}
`);
  const reading = yaml.kind === "tree" ? readCases(yaml.root, limits) : yaml;
  if (reading.kind === "problems") throw new Error(JSON.stringify(reading.problems));
  expect(reading.cases.map((one) => runCase(policyOf(shipped), one).differences)).toEqual([
    [
      "level is standard and was expected to be basic",
      expect.stringMatching(/^the rule is policy\.yaml:\d+ \(medium risk\) and was expected to be low risk$/),
      "deny is false and was expected to be true",
      "the most of timeout is none and was expected to be 1000",
    ],
  ]);
});
