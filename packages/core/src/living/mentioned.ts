/**
 * Files of a sandbox that a program mentions: whatever it runs, imports or reads by a name that stands in its text, or in the
 * text of a file that is mentioned. A request for a run brings its files, and they are analyzed with it; these are the files of a
 * request for an execution. Whether it is a name of a file or only the same word is not asked: too much is read, not too little.
 */
import { posix } from "node:path";
import { requestLimits } from "@hsr/contract";
import type { Decision } from "../decide/decision.ts";
import { answered } from "../files/patience.ts";
import type { Agent, FileEntry } from "../ports.ts";
import type { InputFile } from "../types.ts";

/** So much is read of each: one byte more than any program may have, so that a larger one is known by its size. */
export const judgedBytes = requestLimits.code_bytes.value + 1;
/** All files together: beyond it what is mentioned cannot be read, and nobody has seen it. */
const bytesMax = requestLimits.file_bytes_total.value;
const filesMax = requestLimits.files.value;
/** Entries of each folder's tree that are looked at, and how deep: as many as the agent gives. */
const entriesMax = 65_536;
const depthMax = 32;
const pieceBytes = 256 * 1024;

/** Files that a program reads without naming them. */
const unnamed: ReadonlyMap<string, readonly string[]> = new Map([
  ["make", ["makefile", "GNUmakefile", "Makefile"]],
  ["gmake", ["makefile", "GNUmakefile", "Makefile"]],
  ["npm", ["package.json"]],
  ["npx", ["package.json"]],
  ["run", ["package.json"]],
  ["pytest", ["conftest.py", "pytest.ini", "pyproject.toml"]],
  ["unittest", ["__init__.py"]],
]);
/** What stands for its folder. */
const ofFolder = /^(__init__|__main__|index|package)\.\w+$/;

export interface Mentioned {
  readonly files: readonly InputFile[];
  /** Every word that was looked for. */
  readonly words: ReadonlySet<string>;
  /** Whether there was more than could be read. */
  readonly cut: boolean;
}

/** Where files lie that did not come with the image. */
export function guestFolders({ mounts = [] }: Pick<Decision, "mounts">): readonly string[] {
  const folders = new Set(["/workspace", "/tmp", "/dev/shm", ...mounts.map(({ target }) => target)]);
  return [...folders].filter((folder) => ![...folders].some((other) => folder.startsWith(`${other}/`)));
}

/** Everything that is mentioned, from the texts on. `folders` are those in which a guest can keep files. */
export async function mentionedBy(
  texts: readonly Uint8Array[],
  folders: readonly string[],
  agent: Agent,
  own: (path: string) => boolean,
): Promise<Mentioned> {
  const words = new Set<string>();
  for (const text of texts) addWords(words, text);
  if (words.size === 0) return { files: [], words, cut: false };
  const { left: all, cut } = await entriesOf(folders, agent, own);
  let left = all;
  const files: InputFile[] = [];
  let bytes = 0;
  for (;;) {
    const wanted = left.filter(({ path }) => isMentioned(path, words));
    if (wanted.length === 0) return { files, words, cut };
    left = left.filter((entry) => !wanted.includes(entry));
    for (const { path, mode, isLink } of wanted) {
      if (isLink) addWords(words, await targetOf(agent, path));
      const content = await contentOf(agent, path);
      if (content === null) continue;
      bytes += content.length;
      if (files.length >= filesMax || bytes > bytesMax) return { files, words, cut: true };
      files.push({ path, content, mode: mode & 0o777 });
      addWords(words, content);
    }
  }
}

interface Entry {
  readonly path: string;
  readonly mode: number;
  readonly isLink: boolean;
}

async function entriesOf(
  folders: readonly string[],
  agent: Agent,
  own: (path: string) => boolean,
): Promise<{ left: readonly Entry[]; cut: boolean }> {
  const left: Entry[] = [];
  let cut = false;
  for (const folder of folders) {
    const { entries, more } = await answered(agent.listFolder(folder, { depth: depthMax, limit: entriesMax })).catch(
      () => ({ entries: [] as readonly FileEntry[], more: false }),
    );
    cut ||= more;
    for (const entry of entries) {
      const path = posix.resolve(folder, Buffer.from(entry.path).toString("utf8"));
      if (entry.kind !== "folder" && entry.kind !== "other" && !own(path))
        left.push({ path, mode: entry.kind === "link" ? 0o644 : entry.mode, isLink: entry.kind === "link" });
    }
  }
  return { left, cut };
}

/** Every word that could be a name, whole and without its extension. */
function addWords(words: Set<string>, text: Uint8Array): void {
  for (const [word] of Buffer.from(text)
    .toString("utf8")
    .matchAll(/[^\s"'`/\\:;,=()[\]{}<>|&]+/g)) {
    words.add(word);
    for (const part of word.split(".")) words.add(part);
    for (const name of unnamed.get(word) ?? []) words.add(name);
  }
}

/** Whether a word stands for a path. */
export function isMentioned(path: string, words: ReadonlySet<string>): boolean {
  const name = posix.basename(path);
  const stem = name.replace(/\.[^.]*$/, "");
  if (words.has(name) || (stem !== "" && words.has(stem))) return true;
  return ofFolder.test(name) && words.has(posix.basename(posix.dirname(path)));
}

/** Where a link leads: whoever mentions the link means that too. */
async function targetOf(agent: Agent, path: string): Promise<Uint8Array> {
  const stat = await answered(agent.stat(path, "show")).catch(() => null);
  return stat?.target ?? new Uint8Array();
}

/** A file's first bytes; `null` for what is gone or cannot be read. */
export async function contentOf(agent: Agent, path: string): Promise<Uint8Array | null> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    while (bytes < judgedBytes) {
      const part = await answered(
        agent.readFile(path, { offset: bytes, bytes: Math.min(pieceBytes, judgedBytes - bytes) }),
      );
      if (part.length === 0) break;
      parts.push(part);
      bytes += part.length;
    }
  } catch {
    // Whoever starts it is told by the agent what is wrong with it.
    return null;
  }
  return Buffer.concat(parts);
}
