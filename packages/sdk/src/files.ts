import { allBytes, type Bytes, toBase64 } from "./bytes.ts";
import { HsrConnectionError } from "./errors.ts";
import type { FileEntry, FileInfo, Unpacked, WrittenFile } from "./gen/api.ts";
import type { CallOptions, PageOptions } from "./options.ts";
import { everything } from "./pages.ts";
import type { Transport } from "./transport.ts";

/** A path in a sandbox: absolute or relative to `/workspace`; as bytes where a name is not plain text. */
export type FilePath = string | Uint8Array;

/** Which bytes of a file. */
export interface ReadOptions extends CallOptions {
  /** The first byte; 0 if absent. */
  readonly start?: number | undefined;
  /** How many; to the end if absent. */
  readonly length?: number | undefined;
}

/** Files of one sandbox. All of it is done with the rights of the guest's user. */
export class Files {
  readonly #transport: Transport;
  readonly #path: { readonly id: string };

  constructor(transport: Transport, sandboxId: string) {
    this.#transport = transport;
    this.#path = { id: sandboxId };
  }

  /** A file's bytes. */
  async read(path: FilePath, options: ReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    return await allBytes(await this.#content(path, options));
  }

  /** A file as text in UTF-8. */
  async readText(path: FilePath, options: ReadOptions = {}): Promise<string> {
    return new TextDecoder().decode(await this.read(path, options));
  }

  /** A file as it comes, however large. One that breaks off is an error of the stream. */
  async stream(path: FilePath, options: ReadOptions = {}): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    return bodyOf(await this.#content(path, options));
  }

  #content(path: FilePath, { start = 0, length, signal }: ReadOptions): Promise<Response> {
    const isPart = start > 0 || length !== undefined;
    const range = `bytes=${start}-${length === undefined ? "" : start + length - 1}`;
    const headers = { accept: "*/*", ...(isPart ? { range } : {}) };
    return this.#transport.send("readFile", { path: this.#path, query: named(path), headers, signal });
  }

  /**
   * Writes a file: it is in its place when all of it has come, and missing folders are made. `mode` is a number, as 0o755.
   * What is a stream goes as it comes in Node; browsers collect it first.
   */
  async write(
    path: FilePath,
    bytes: Bytes,
    { mode, signal }: CallOptions & { readonly mode?: number | undefined } = {},
  ): Promise<WrittenFile> {
    const query = { ...named(path), mode: mode?.toString(8).padStart(4, "0") };
    return await this.#transport.json("writeFile", { path: this.#path, query, body: bytes, signal });
  }

  /** What lies at a path. A link is shown, unless it is to be followed. */
  async stat(
    path: FilePath,
    { links, signal }: CallOptions & { readonly links?: "show" | "follow" | undefined } = {},
  ): Promise<FileInfo> {
    return await this.#transport.json("statFile", { path: this.#path, query: { ...named(path), links }, signal });
  }

  /** What is in a folder, also below it down to `depth`. */
  list(
    path: FilePath,
    { depth, limit, signal }: PageOptions & { readonly depth?: number | undefined } = {},
  ): AsyncIterable<FileEntry> {
    return everything((cursor) =>
      this.#transport.json("listFiles", { path: this.#path, query: { ...named(path), depth, limit, cursor }, signal }),
    );
  }

  /** Makes a folder and those above it; one that is there already is fine. */
  async makeFolder(
    path: FilePath,
    { mode, signal }: CallOptions & { readonly mode?: number | undefined } = {},
  ): Promise<FileInfo> {
    return await this.#transport.json("makeFolder", { path: this.#path, body: { ...named(path), mode }, signal });
  }

  /** Moves or renames. */
  async move(from: FilePath, to: FilePath, { signal }: CallOptions = {}): Promise<FileInfo> {
    const target = typeof to === "string" ? { to } : { toBase64: toBase64(to) };
    return await this.#transport.json("moveFile", { path: this.#path, body: { ...named(from), ...target }, signal });
  }

  /** Changes permissions, as 0o644. */
  async changeMode(path: FilePath, mode: number, { signal }: CallOptions = {}): Promise<FileInfo> {
    return await this.#transport.json("changeFileMode", { path: this.#path, body: { ...named(path), mode }, signal });
  }

  /** Removes a file, a link or an empty folder; with `recursive` a folder and all that is in it. */
  async remove(
    path: FilePath,
    { recursive, signal }: CallOptions & { readonly recursive?: boolean | undefined } = {},
  ): Promise<void> {
    await this.#transport.json("removeFile", { path: this.#path, query: { ...named(path), recursive }, signal });
  }

  /** A folder with all that is below it, as a tar archive. It is a guest's: heed where its links lead when you unpack it. */
  async pack(folder: FilePath, { signal }: CallOptions = {}): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const headers = { accept: "*/*" };
    return bodyOf(
      await this.#transport.send("packArchive", { path: this.#path, query: named(folder), headers, signal }),
    );
  }

  /** Unpacks a tar archive, perhaps compressed with gzip, into a folder: all of it, or nothing. */
  async unpack(folder: FilePath, archive: Bytes, { signal }: CallOptions = {}): Promise<Unpacked> {
    return await this.#transport.json("unpackArchive", {
      path: this.#path,
      query: named(folder),
      body: archive,
      signal,
    });
  }
}

function named(path: FilePath): { readonly path: string } | { readonly pathBase64: string } {
  return typeof path === "string" ? { path } : { pathBase64: toBase64(path) };
}

function bodyOf(response: Response): ReadableStream<Uint8Array<ArrayBuffer>> {
  if (response.body === null) throw new HsrConnectionError("the answer has no body", { status: response.status });
  return response.body;
}
