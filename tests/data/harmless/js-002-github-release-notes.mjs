import { execFileSync } from "node:child_process";

const git = (...args) => execFileSync("git", args, { encoding: "utf8" }).trim();
const last = git("describe", "--tags", "--abbrev=0");
const subjects = git("log", "--format=%s", `${last}..HEAD`).split("\n");
const numbers = subjects.flatMap((line) => line.match(/\(#(\d+)\)$/)?.[1] ?? []);

const { GITHUB_TOKEN, GITHUB_REPOSITORY } = process.env;
const notes = { feature: [], bug: [], other: [] };
for (const number of numbers) {
  const response = await fetch(`https://api.github.com/repos/${GITHUB_REPOSITORY}/pulls/${number}`, {
    headers: { authorization: `Bearer ${GITHUB_TOKEN}`, accept: "application/vnd.github+json" },
  });
  if (!response.ok) throw new Error(`#${number}: ${response.status}`);
  const pull = await response.json();
  const kind = pull.labels.map((label) => label.name).find((name) => name in notes) ?? "other";
  notes[kind].push(`- ${pull.title} (#${number}, @${pull.user.login})`);
}
for (const [kind, lines] of Object.entries(notes)) {
  if (lines.length > 0) console.log(`### ${kind}\n${lines.join("\n")}\n`);
}
