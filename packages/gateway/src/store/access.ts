/** What the parts of the SQLite store share. */
import type { DatabaseSync } from "node:sqlite";
import { StoreError } from "@hsr/core";
import { explain, type Writer } from "./writer.ts";

export interface Access {
  readonly database: DatabaseSync;
  readonly writer: Writer;
  readonly observe: (operation: string, milliseconds: number) => void;
  readonly onDamage: (reason: string) => void;
  /** Whether `close` was called. */
  readonly isClosed: () => boolean;
}

/** One synchronous read, timed, with SQLite's errors explained. */
export function read<Result>(access: Access, operation: string, work: () => Result): Result {
  if (access.isClosed()) throw new StoreError("closed", "the store is closed");
  const start = performance.now();
  try {
    return work();
  } catch (thrown) {
    throw explain(thrown, access.onDamage);
  } finally {
    access.observe(operation, performance.now() - start);
  }
}

/** Lets requests through between two pieces of a long job. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
