import { createWriteStream, existsSync, readdirSync, renameSync, rmSync, statSync, type WriteStream } from "node:fs";

export class RotatingLog {
  #stream: WriteStream;
  #bytes: number;
  readonly path: string;
  readonly bytesMax: number;
  readonly keep: number;

  constructor(path: string, bytesMax = 10_000_000, keep = 5) {
    this.path = path;
    this.bytesMax = bytesMax;
    this.keep = keep;
    this.#bytes = existsSync(path) ? statSync(path).size : 0;
    this.#stream = createWriteStream(path, { flags: "a" });
  }

  write(line: string): void {
    if (this.#bytes > this.bytesMax) this.#rotate();
    this.#stream.write(`${line}\n`);
    this.#bytes += Buffer.byteLength(line) + 1;
  }

  #rotate(): void {
    this.#stream.end();
    renameSync(this.path, `${this.path}.${Date.now()}`);
    const old = readdirSync(".").filter((name) => name.startsWith(`${this.path}.`)).sort();
    for (const name of old.slice(0, -this.keep)) rmSync(name);
    this.#stream = createWriteStream(this.path);
    this.#bytes = 0;
  }
}
