/** Output of executions in files: `<execution>.<stream>.<offset>`, all the gateway's own, mode 0600. */
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isId } from "@hsr/contract";
import type { ExecutionId, LogFile, LogFiles, StreamName } from "@hsr/core";
import { appendAll, readFrom } from "./file-spool.ts";

export class LogFolder implements LogFiles {
  readonly #folder: string;
  /** Executions that have files: those without, the most, cost no look into the folder when they end. */
  readonly #written = new Set<ExecutionId>();

  /** The folder is there. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async append(id: ExecutionId, stream: StreamName, file: number, bytes: readonly Uint8Array[]): Promise<void> {
    this.#written.add(id);
    await appendAll(this.#path(id, stream, file), bytes);
  }

  read(id: ExecutionId, stream: StreamName, file: number, from: number, length: number): Promise<Uint8Array> {
    return readFrom(this.#path(id, stream, file), from, length);
  }

  async list(id: ExecutionId, stream: StreamName): Promise<readonly LogFile[]> {
    const files: LogFile[] = [];
    for (const name of await readdir(this.#folder)) {
      const [owner, kind, offset] = name.split(".");
      if (owner !== id || kind !== stream || offset === undefined || !/^\d{1,16}$/.test(offset)) continue;
      this.#written.add(id);
      files.push({ offset: Number(offset), bytes: (await stat(join(this.#folder, name))).size });
    }
    return files.sort((a, b) => a.offset - b.offset);
  }

  async remove(id: ExecutionId, stream: StreamName, file: number): Promise<void> {
    await rm(this.#path(id, stream, file), { force: true });
  }

  async forget(id: ExecutionId): Promise<void> {
    if (!this.#written.delete(id)) return;
    for (const name of await readdir(this.#folder))
      if (name.startsWith(`${id}.`)) await rm(join(this.#folder, name), { force: true });
  }

  async sweep(known: ReadonlySet<ExecutionId>): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      const owner = name.split(".", 1)[0] ?? "";
      if (isId("execution", owner) && !known.has(owner as ExecutionId))
        await rm(join(this.#folder, name), { force: true });
    }
  }

  #path(id: ExecutionId, stream: StreamName, file: number): string {
    return join(this.#folder, `${id}.${stream}.${file}`);
  }
}
