/** Paths as they are compared: one spelling for each file of a sandbox. */
import { hole } from "./value.ts";

/** Where programs start in a sandbox. */
const start = "/workspace";

/** `a/../b`, `./b`, `//b` and `b` as one absolute path; what is not known stays a hole, `~` stays the home folder. */
export function plainPath(path: string): string {
  let text = path.trim();
  if (/^file:\/\//.test(text)) text = text.slice("file://".length);
  if (!text.startsWith("/") && !text.startsWith("~") && !text.startsWith(hole)) text = `${start}/${text}`;
  const parts: string[] = [];
  for (const part of text.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== hole && parts.at(-1) !== "..") parts.pop();
    else if (part !== ".." || text.startsWith(hole) || text.startsWith("~")) parts.push(part);
  }
  const joined = parts.join("/");
  return text.startsWith("/") ? `/${joined}` : joined;
}
