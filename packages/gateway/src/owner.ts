/** Whose sandboxes are whose, where several gateways share one launcher. */
import { randomBytes } from "node:crypto";
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StoreError } from "@hsr/core";

/** The file in the data directory. Whoever restores the directory elsewhere has the same name, and may have its sandboxes. */
const ownerName = "owner";

/**
 * The name under which this gateway launches sandboxes: random, made once, and kept beside the database that knows them.
 * Throws a `StoreError` if the file holds no such name.
 */
export function sandboxOwner(directory: string): string {
  const path = join(directory, ownerName);
  if (!existsSync(path)) makeOwner(path);
  const owner = readFileSync(path, "utf8").trim();
  if (!/^gw-[0-9a-f]{24}$/.test(owner)) {
    throw new StoreError(
      "failed",
      `${path} does not name an owner of sandboxes. Remove it: those that live will be lost.`,
    );
  }
  return owner;
}

function makeOwner(path: string): void {
  const young = `${path}.${process.pid}.new`;
  writeFileSync(young, `gw-${randomBytes(12).toString("hex")}\n`, { mode: 0o600 });
  try {
    // Never over one that is there: two gateways may start at once, before one of them is refused the directory.
    linkSync(young, path);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "EEXIST") throw thrown;
  } finally {
    rmSync(young);
  }
}
