/**
 * What came into a sandbox over the API, by its digest: such bytes were seen, whatever they are called now and wherever they
 * were moved to. A file with any other bytes was made or changed by the guest. Nothing of a file's content is kept.
 */
import { createHash } from "node:crypto";
import { requestLimits } from "@hsr/contract";
import { answered } from "../files/patience.ts";
import type { Agent } from "../ports.ts";
import { errnoOf } from "../run/start-error.ts";
import type { InputFile } from "../types.ts";

/** Digests that a sandbox remembers: the oldest go first, and what is forgotten counts as unseen. */
const digestsMax = 8192;
const pieceBytes = 256 * 1024;

export class SeenFiles {
  readonly #digests = new Set<string>();

  /** Bytes with this SHA-256, in hex, came over the API. */
  add(sha256: string): void {
    this.#digests.delete(sha256);
    this.#digests.add(sha256);
    const [oldest] = this.#digests;
    if (this.#digests.size > digestsMax && oldest !== undefined) this.#digests.delete(oldest);
  }

  addBytes(bytes: Uint8Array): void {
    this.add(createHash("sha256").update(bytes).digest("hex"));
  }

  has(bytes: Uint8Array): boolean {
    return this.#digests.has(createHash("sha256").update(bytes).digest("hex"));
  }

  /** The digests, oldest first. */
  all(): readonly string[] {
    return [...this.#digests];
  }
}

/** What is now in files that are to be run, and whether all of it was seen. Paths where nothing is do not count. */
export async function lookAt(
  agent: Agent,
  seen: SeenFiles,
  paths: readonly string[],
): Promise<{ readonly files: readonly InputFile[]; readonly unseen: boolean }> {
  const files: InputFile[] = [];
  let unseen = false;
  for (const path of paths) {
    const content = await wholeFile(agent, path);
    if (content === "nothing") continue;
    if (content === "unreadable") unseen = true;
    else {
      files.push({ path, content, mode: 0o644 });
      unseen ||= !seen.has(content);
    }
  }
  return { files, unseen };
}

/** A file's bytes, at most as many as a request could bring. */
async function wholeFile(agent: Agent, path: string): Promise<Uint8Array | "nothing" | "unreadable"> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for (;;) {
      const part = await answered(agent.readFile(path, { offset: bytes, bytes: pieceBytes }));
      if (part.length === 0) return Buffer.concat(parts);
      parts.push(part);
      bytes += part.length;
      if (bytes > requestLimits.file_bytes_total.value) return "unreadable";
    }
  } catch (thrown) {
    // Nothing that could be run: whoever starts it is told so by the agent.
    return ["ENOENT", "ENOTDIR", "EISDIR"].includes(errnoOf(thrown) ?? "") ? "nothing" : "unreadable";
  }
}
