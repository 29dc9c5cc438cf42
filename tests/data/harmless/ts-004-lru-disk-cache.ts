import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, statSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export class DiskCache {
  readonly #folder: string;
  readonly #entriesMax: number;

  constructor(folder: string, entriesMax = 500) {
    this.#folder = folder;
    this.#entriesMax = entriesMax;
    mkdirSync(folder, { recursive: true });
  }

  #path(key: string): string {
    return join(this.#folder, createHash("sha1").update(key).digest("hex"));
  }

  get(key: string): string | undefined {
    const path = this.#path(key);
    try {
      const value = readFileSync(path, "utf8");
      utimesSync(path, new Date(), new Date());
      return value;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  set(key: string, value: string): void {
    writeFileSync(this.#path(key), value);
    const paths = readdirSync(this.#folder).map((name) => join(this.#folder, name));
    if (paths.length <= this.#entriesMax) return;
    const byAge = paths.map((path) => ({ path, at: statSync(path).mtimeMs })).sort((a, b) => a.at - b.at);
    for (const { path } of byAge.slice(0, paths.length - this.#entriesMax)) unlinkSync(path);
  }
}
