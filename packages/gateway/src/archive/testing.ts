/** Archives for tests, as good or as bad as they are wanted. */

export interface TarPart {
  readonly name: string | Buffer;
  readonly type?: string;
  readonly content?: string | Buffer;
  readonly target?: string;
  readonly mode?: number;
  /** What the header says instead of the content's length: a number in octal, or the bytes of the field. */
  readonly size?: number | Buffer;
  readonly magic?: string;
  readonly prefix?: string;
  /** A wrong checksum. */
  readonly broken?: boolean;
}

/** One entry: header, content, padding. */
export function tarPart(part: TarPart): Buffer {
  const content = Buffer.from(part.content ?? "");
  const block = Buffer.alloc(512);
  Buffer.from(part.name).copy(block, 0, 0, 100);
  block.write((part.mode ?? 0o644).toString(8).padStart(7, "0"), 100, "latin1");
  if (Buffer.isBuffer(part.size)) part.size.copy(block, 124, 0, 12);
  else block.write((part.size ?? content.length).toString(8).padStart(11, "0"), 124, "latin1");
  block.write(part.type ?? "0", 156, "latin1");
  block.write(part.target ?? "", 157, 100, "latin1");
  block.write(part.magic ?? "ustar\x0000", 257, "latin1");
  block.write(part.prefix ?? "", 345, 155, "latin1");
  block.fill(0x20, 148, 156);
  let sum = part.broken === true ? 1 : 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return Buffer.concat([block, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return `${length}${rest}`;
}

export const tarEnd = Buffer.alloc(1024);

export function tar(...parts: readonly (TarPart | Buffer)[]): Buffer {
  return Buffer.concat([...parts.map((part) => (Buffer.isBuffer(part) ? part : tarPart(part))), tarEnd]);
}
