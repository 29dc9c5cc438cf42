/** Compressed archives: they may grow so much and no more while they are unpacked. */
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { requestLimits } from "@hsr/contract";
import { badArchive } from "./tar-header.ts";

/** What may come out before the ratio counts: the ends of archives are long rows of zeroes. */
const freeBytes = 1024 * 1024;

/** The pieces as they are, or decompressed if they begin as gzip does. */
export async function* maybeGunzip(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const iterator = pieces[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done === true) return;
  const all = (async function* () {
    try {
      yield first.value;
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  })();
  if (first.value[0] === 0x1f && (first.value.length < 2 || first.value[1] === 0x8b)) yield* gunzip(all);
  else yield* all;
}

async function* gunzip(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  let packedBytes = 0;
  let bytes = 0;
  let failed: unknown = null;
  const counted = (async function* () {
    try {
      for await (const piece of pieces) {
        packedBytes += piece.length;
        yield piece;
      }
    } catch (thrown) {
      failed = thrown;
      throw thrown;
    }
  })();
  const gunzipped = createGunzip();
  const input = Readable.from(counted, { objectMode: false });
  input.once("error", (error) => gunzipped.destroy(error));
  input.pipe(gunzipped);
  try {
    for await (const piece of gunzipped as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > freeBytes + packedBytes * requestLimits.archive_ratio.value)
        throw badArchive("It grows too much when it is decompressed.");
      yield piece;
    }
  } catch (thrown) {
    if (failed instanceof Error) throw failed;
    if (thrown instanceof Error && "code" in thrown && String(thrown.code).startsWith("Z_"))
      throw badArchive("It is not well-formed gzip, or it ends before its end.");
    throw thrown;
  } finally {
    input.destroy();
    gunzipped.destroy();
  }
}
