import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

const kebab = (name) => name.replace(/([a-z0-9])([A-Z])/g, "$1-$2").toLowerCase();
const entries = await readdir("src", { recursive: true, withFileTypes: true });
const files = entries.filter((e) => e.isFile() && /\.tsx?$/.test(e.name)).map((e) => join(e.parentPath, e.name));

for (const file of files) {
  const text = await readFile(file, "utf8");
  const next = text.replace(/from "(\.{1,2}\/[^"]+)"/g, (_, path) => `from "${join(dirname(path), kebab(basename(path)))}"`);
  if (next !== text) await writeFile(file, next);
}
for (const file of files) {
  const target = join(dirname(file), kebab(basename(file)));
  if (target !== file) await rename(file, target);
}
