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

/** What is looked at for one execution, all of it together; beyond it nobody has seen anything. */
export const looked = { paths: requestLimits.files.value, bytes: requestLimits.file_bytes_total.value } as const;
const depthMax = 32;

/** What is to be looked at: single files, and whatever lies below a path, which may be a file as well. */
export interface ToLookAt {
  readonly files: readonly string[];
  readonly trees: readonly string[];
}

/** What is now in files that are to be run, and whether all of it was seen. Paths where nothing is do not count. */
export async function lookAt(
  agent: Agent,
  seen: SeenFiles,
  { files, trees }: ToLookAt,
): Promise<{ readonly files: readonly InputFile[]; readonly unseen: boolean }> {
  const found: InputFile[] = [];
  const isTree = new Set(trees.map(plain));
  // Each path once, however it is written; what lies in folders is added behind.
  const paths = new Set([...files.map(plain), ...isTree]);
  let unseen = false;
  let bytes = 0;
  let count = 0;
  for (const path of paths) {
    count += 1;
    if (count > looked.paths) return { files: found, unseen: true };
    const content = await wholeFile(agent, path, looked.bytes - bytes);
    if (content === "nothing") continue;
    if (content === "folder") {
      if (!isTree.has(path)) continue;
      const below = await filesBelow(agent, path);
      if (below === null) unseen = true;
      else for (const each of below) paths.add(each);
    } else if (content === "unreadable") unseen = true;
    else {
      bytes += content.length;
      found.push({ path, content, mode: 0o644 });
      unseen ||= !seen.has(content);
    }
  }
  return { files: found, unseen };
}

/** Without what says nothing. Steps up stay: behind a link they lead elsewhere. */
function plain(path: string): string {
  return path.replaceAll(/\/(\.?\/)+/g, "/").replace(/(?<=.)\/\.?$/, "");
}

/** Every file below a folder; `null` where they are too many, or a link leads who knows where. */
async function filesBelow(agent: Agent, folder: string): Promise<readonly string[] | null> {
  try {
    const { entries, more } = await answered(agent.listFolder(folder, { depth: depthMax, limit: looked.paths }));
    if (more || entries.some(({ kind }) => kind === "link")) return null;
    return entries
      .filter(({ kind }) => kind === "file")
      .map(({ path }) => plain(`${folder}/${Buffer.from(path).toString("utf8")}`));
  } catch {
    return null;
  }
}

/** A file's bytes, if they are not more than these. */
async function wholeFile(
  agent: Agent,
  path: string,
  bytesMax: number,
): Promise<Uint8Array | "nothing" | "folder" | "unreadable"> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for (;;) {
      const part = await answered(agent.readFile(path, { offset: bytes, bytes: pieceBytes }));
      if (part.length === 0) return Buffer.concat(parts);
      parts.push(part);
      bytes += part.length;
      if (bytes > bytesMax) return "unreadable";
    }
  } catch (thrown) {
    const errno = errnoOf(thrown);
    // Nothing that could be run: whoever starts it is told so by the agent.
    if (errno === "EISDIR") return "folder";
    return errno === "ENOENT" || errno === "ENOTDIR" || errno === "ENAMETOOLONG" ? "nothing" : "unreadable";
  }
}
