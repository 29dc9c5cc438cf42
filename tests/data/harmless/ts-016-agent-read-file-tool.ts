import { open, realpath } from "node:fs/promises";
import { resolve, sep } from "node:path";

export async function readAround(root: string, name: string, needle: string, around = 5): Promise<string> {
  const base = await realpath(root);
  const path = await realpath(resolve(base, name));
  if (path !== base && !path.startsWith(base + sep)) return "error: outside of the project";
  const file = await open(path);
  const lines: string[] = [];
  try {
    for await (const line of file.readLines()) lines.push(line);
  } finally {
    await file.close();
  }
  const hits = lines.flatMap((line, at) => (line.includes(needle) ? [at] : []));
  return hits
    .map((at) => lines.slice(Math.max(0, at - around), at + around + 1).join("\n"))
    .join("\n----\n");
}
