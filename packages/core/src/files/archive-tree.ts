/**
 * What an archive has named so far, so that no entry is written through another: a link is never a part of a path, a file never
 * becomes a folder, and no name stands for two things.
 */
import { HsrError, requestLimits } from "@hsr/contract";

export interface TreeNode {
  readonly kind: "file" | "folder" | "link";
  /** Its own name, its bytes as characters. */
  readonly name: string;
  /** Permissions of a folder that the archive names itself. */
  mode: number | null;
  readonly children: Map<string, TreeNode>;
}

function refuse(why: string): HsrError {
  return new HsrError("invalid_archive", { message: `The archive is not acceptable. ${why}` });
}

export class ArchiveTree {
  readonly root: TreeNode = { kind: "folder", name: "", mode: null, children: new Map() };
  #entries = 0;
  #namesBytes = 0;

  /** Notes an entry; throws if it contradicts an earlier one. */
  add(kind: TreeNode["kind"], path: Buffer, mode: number | null): void {
    // Each byte is one character: names that differ in bytes differ here, and no others do.
    const names = path.toString("latin1").split("/");
    const last = names.pop() ?? "";
    let folder = this.root;
    for (const name of names) folder = this.#child(folder, name, "folder");
    const known = folder.children.get(last);
    if (known !== undefined && (kind !== "folder" || known.kind !== "folder"))
      throw refuse("Two entries have the same path.");
    const node = this.#child(folder, last, kind);
    if (mode !== null) node.mode = mode;
  }

  #child(folder: TreeNode, name: string, kind: TreeNode["kind"]): TreeNode {
    const known = folder.children.get(name);
    if (known !== undefined) {
      if (known.kind !== kind) throw refuse("A path leads through something that is no folder.");
      return known;
    }
    this.#entries += 1;
    this.#namesBytes += name.length;
    if (this.#entries > requestLimits.archive_entries.value) throw refuse("It has too many entries.");
    if (this.#namesBytes > requestLimits.archive_names_bytes.value) throw refuse("Its names are too long.");
    const node: TreeNode = { kind, name, mode: null, children: new Map() };
    folder.children.set(name, node);
    return node;
  }
}
