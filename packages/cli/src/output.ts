/** Output of runs and executions as bytes, from events and from results. */
import type { OutputData, Run } from "@hsr/contract";

/** The bytes of one piece of output. */
export function bytesOf(data: OutputData): Buffer {
  return data.base64 === undefined ? Buffer.from(data.text ?? "", "utf8") : Buffer.from(data.base64, "base64");
}

/** The bytes of a stored stream. */
export function storedBytes(run: Run, stream: "stdout" | "stderr"): Buffer {
  const base64 = run[`${stream}_base64`];
  return base64 === undefined ? Buffer.from(run[stream] ?? "", "utf8") : Buffer.from(base64, "base64");
}

/** Bytes as a result's fields: text when they are UTF-8, otherwise null and base64. */
function fields(stream: "stdout" | "stderr", bytes: Buffer) {
  try {
    return { [stream]: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { [stream]: null, [`${stream}_base64`]: bytes.toString("base64") };
  }
}

/** Gathers output from events, so that a followed run can be printed as a stored one is. */
export class Gathered {
  readonly #chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };

  add(data: OutputData): void {
    this.#chunks[data.stream].push(bytesOf(data));
  }

  /** What has ended as the gateway would answer it when it is asked afterwards. */
  result<Summary extends object>(summary: Summary): Summary & Pick<Run, "stdout" | "stderr"> {
    return {
      ...summary,
      stdout: null,
      stderr: null,
      ...fields("stdout", Buffer.concat(this.#chunks.stdout)),
      ...fields("stderr", Buffer.concat(this.#chunks.stderr)),
    };
  }
}
