/** The examples of docs/policy.md are policies, its cases come out as they say, and its tables name what there is. */
import { type Limits, matchKeys, policyOutcomes, readCases, runCase, runtimeLevels } from "@hsr/core";
import { readPolicyText, readYaml } from "@hsr/gateway/documents";
import { expect, test } from "vitest";
import { read } from "./tree.ts";

const page = read("docs/policy.md");
const examples = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? "");
const cases = examples.filter((text) => text.startsWith("cases:"));
const policies = [...examples.filter((text) => !text.startsWith("cases:")), read("config/policy.yaml")];
const limits: Limits = {
  wallMs: 30_000,
  cpuCores: 1,
  memoryBytes: 256 << 20,
  pids: 128,
  diskBytes: 64 << 20,
  inodes: 4096,
  outputBytes: 1 << 20,
  openFiles: 256,
};

test("every example is a policy without a mistake", () => {
  expect(policies.length).toBeGreaterThan(3);
  for (const text of policies) expect(readPolicyText(text, "example"), text).toMatchObject({ kind: "policy" });
});

test("the cases come out as they say, by the first example", () => {
  const reading = readPolicyText(policies[0] ?? "", "policy.yaml");
  if (reading.kind === "problems") throw new Error("the first example has mistakes");
  for (const text of cases) {
    const yaml = readYaml(text);
    const found = yaml.kind === "tree" ? readCases(yaml.root, limits) : yaml;
    if (found.kind === "problems") throw new Error(JSON.stringify(found.problems));
    expect(found.cases.length).toBeGreaterThan(2);
    for (const one of found.cases) expect(runCase(reading.policy, one).differences, one.name).toEqual([]);
  }
});

test("its tables name every key of `match`, every outcome and every runtime, and nothing that is none", () => {
  const rows = [...page.matchAll(/^\| ((?:`[a-z_-]+`(?:, )?)+) \|/gm)].flatMap((match) => [
    ...(match[1] ?? "").matchAll(/`([a-z_-]+)`/g),
  ]);
  const named = new Set(rows.map((match) => (match[1] ?? "").replaceAll("-", "_")));
  const known = new Set([...matchKeys, ...policyOutcomes, "match", "name", "always"]);
  expect([...known].filter((key) => !named.has(key))).toEqual([]);
  expect([...named].filter((key) => !known.has(key))).toEqual([]);
  for (const runtime of runtimeLevels.keys()) expect(page).toContain(`\`${runtime}\``);
});
