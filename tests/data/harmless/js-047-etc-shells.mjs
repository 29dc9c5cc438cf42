import { readFile } from "node:fs/promises";
import { basename } from "node:path";

const known = (await readFile("/etc/shells", "utf8")).split("\n").filter((line) => line.startsWith("/"));
const mine = process.env.SHELL ?? "/bin/sh";
if (!known.includes(mine)) console.warn(`${mine} is not listed in /etc/shells`);

const name = basename(mine);
const lines = {
  bash: 'source <(notes completion bash)',
  zsh: 'source <(notes completion zsh)',
  fish: 'notes completion fish | source',
};
console.log(lines[name] ?? `no completion for ${name}`);
