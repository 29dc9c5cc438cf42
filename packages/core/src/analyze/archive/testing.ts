/** Archives for tests, made by the definition of their formats: so that damaged ones can be made as well. */
import { crc32, deflateRawSync } from "node:zlib";

type Files = Readonly<Record<string, string | Uint8Array>>;

export interface ZipOptions {
  /** 8 packs, 0 leaves it as it is, and others are only said. */
  readonly method?: number;
  readonly flags?: number;
  readonly comment?: string;
  /** The size that the directory says, in place of the true one. */
  readonly said?: number;
  /** The contents are packed already. */
  readonly packed?: boolean;
  readonly mode?: number;
}

export function madeZip(files: Files, options: ZipOptions = {}): Buffer {
  const { method = 8, flags = 0, comment = "", said, packed = false, mode = 0o644 } = options;
  const bodies: Buffer[] = [];
  const entries: Buffer[] = [];
  let at = 0;
  for (const [name, content] of Object.entries(files)) {
    const bytes = Buffer.from(content as string);
    const data = method === 8 && !packed ? deflateRawSync(bytes) : bytes;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(flags, 6);
    local.writeUInt16LE(method, 8);
    local.writeUInt32LE(crc32(bytes), 14);
    local.writeUInt32LE(data.length, 18);
    local.writeUInt32LE(said ?? bytes.length, 22);
    local.writeUInt16LE(Buffer.byteLength(name), 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(flags, 8);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(data.length, 20);
    entry.writeUInt32LE(said ?? bytes.length, 24);
    entry.writeUInt16LE(Buffer.byteLength(name), 28);
    entry.writeUInt32LE((mode << 16) >>> 0, 38);
    entry.writeUInt32LE(at, 42);
    entries.push(Buffer.concat([entry, Buffer.from(name)]));
    const body = Buffer.concat([local, Buffer.from(name), data]);
    bodies.push(body);
    at += body.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  end.writeUInt16LE(Buffer.byteLength(comment, "latin1"), 20);
  return Buffer.concat([...bodies, directory, end, Buffer.from(comment, "latin1")]);
}

/** Names that do not fit are written as GNU's tar does, or as POSIX says. */
export function madeTar(files: Files, long: "gnu" | "pax" = "gnu", mode = 0o644): Buffer {
  const parts: Buffer[] = [];
  const put = (name: string, type: string, content: Buffer) => {
    const header = Buffer.alloc(512);
    header.write(name.slice(0, 100), 0);
    header.write(mode.toString(8).padStart(7, "0"), 100);
    header.write(content.length.toString(8).padStart(11, "0"), 124);
    header.write("        ", 148);
    header.write(type, 156);
    header.write("ustar\x0000", 257, "latin1");
    header.write(
      header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, "0"),
      148,
    );
    parts.push(header, content, Buffer.alloc((512 - (content.length % 512)) % 512));
  };
  for (const [name, content] of Object.entries(files)) {
    if (name.length > 100 && long === "gnu") put("././@LongLink", "L", Buffer.from(`${name}\0`));
    else if (name.length > 100) {
      const rest = ` path=${name}\n`;
      const digits = String(rest.length + 3).length;
      put("PaxHeader", "x", Buffer.from(`${rest.length + digits}${rest}`));
    }
    put(name, "0", Buffer.from(content as string));
  }
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}
