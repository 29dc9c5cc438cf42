/** Rules are about concepts: nothing in them may be known from the material that they are measured with. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { builtinRules, placeKinds, type Rule, type RuleCondition } from "@hsr/core";
import { expect, test } from "vitest";
import { root } from "./tree.ts";

/** Every pattern of a condition, and of what it refers to. */
function patterns(condition: RuleCondition): readonly string[] {
  const { target = [], notTarget = [], callee = [], data = [], from, notFrom, also } = condition;
  return [
    ...target,
    ...notTarget,
    ...callee,
    ...data,
    ...[from, notFrom, also].flatMap((inner) => (inner === undefined ? [] : patterns(inner))),
  ];
}
const ruleWords = (rule: Rule): readonly string[] => rule.when.flatMap(patterns);
const words = [...builtinRules.flatMap(ruleWords), ...placeKinds.flatMap((kind) => kind.patterns)];

/** Addresses that mean the same everywhere: the metadata services of clouds, this machine, kinds of schemes. */
const addressesOfTheWorld =
  /^\*?(169\.254\.169\.254|169\.254\.170\.2|100\.100\.100\.200|metadata\.google\.internal|\[fd00:ec2::254\])\*?$|^http:\/\/(localhost|127\.)\*$|^127\.\*$|^localhost\*$/;

/** What the measuring material has: the harmless set here, and the snippets where they are beside the checkout. */
function material(): string {
  const folder = join(root, "tests/data/harmless");
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
  const snippets = join(root, "../shared/data/redcode-exec-dev.jsonl");
  if (existsSync(snippets)) texts.push(readFileSync(snippets, "utf8"));
  return texts.join("\n");
}

test("no rule names a host, a port or an address of the measuring material", () => {
  const hosts = new Set(
    [...material().matchAll(/(?:https?|ftp|ssh|tcp):\/\/([\w.-]+)/g)].map(([, host = ""]) => host.toLowerCase()),
  );
  const found = words.filter((word) => {
    if (addressesOfTheWorld.test(word)) return false;
    const plain = word.replaceAll("*", "").toLowerCase();
    return (
      [...hosts].some((host) => host.includes(".") && plain.includes(host)) ||
      /(^|\D)\d{1,3}(\.\d{1,3}){3}/.test(plain) ||
      /:\d{2,5}\b/.test(plain)
    );
  });
  expect(found).toEqual([]);
});

test("no rule names a file by more than its place in the world", () => {
  // Folders that a job has for itself say nothing by their names; what lies below them is known from one program only.
  const own = words.filter((word) => /^\/(workspace|tmp|app|data|home\/\w+|usr\/src)\/[\w.-]*[a-z]{3}/i.test(word));
  expect(own).toEqual([]);
  // A whole file name with its folder is in the material and in a rule only where it is one that every system has.
  const text = material();
  const known =
    /^(~|\*|\/(etc|proc|sys|dev|boot|bin|sbin|lib\w*|usr|var|run|root|home|opt|srv|mnt|media|Library))(\/|$|\*)|^\/$|^\/\W?/;
  const odd = words.filter(
    (word) => word.startsWith("/") && !known.test(word) && text.includes(word.replaceAll("*", "")),
  );
  expect(odd).toEqual([]);
});

test("no example of a rule is taken from the material", () => {
  const text = material().replace(/\\n/g, "\n");
  const examples = builtinRules.flatMap((rule) => [...rule.match, ...rule.not]).flatMap(({ code }) => code.split("\n"));
  // A line that says something of its own; `import os` and its like are everybody's.
  const taken = examples.filter((line) => line.length > 40 && text.includes(line));
  expect(taken).toEqual([]);
});

test("every rule has examples that must not match, and all but those of sizes and bytes have some that must", () => {
  const without = builtinRules.filter(
    (rule) => rule.not.length === 0 || (rule.match.length === 0 && rule.remark === undefined),
  );
  expect(without.map(({ id }) => id)).toEqual([]);
});
