/** What an archive is made of, whatever its form. Paths are bytes relative to the folder that it is unpacked into. */
export type ArchiveEntry =
  | {
      readonly kind: "file";
      readonly path: Buffer;
      readonly mode: number;
      readonly bytes: number;
      readonly content: AsyncIterable<Uint8Array>;
    }
  | { readonly kind: "folder"; readonly path: Buffer; readonly mode: number }
  | { readonly kind: "link"; readonly path: Buffer; readonly target: Buffer };
