/**
 * What a terminal's writer sends, on its way to the program. While one piece is being taken the next ones grow together;
 * when too much waits, the connection is not read, so that a program that does not read costs no memory.
 */
import { HsrError, terminalLimits } from "@hsr/contract";
import type { LiveExecution } from "@hsr/core";

/** Frames that wait, whatever their size: each has a cost of its own. */
const waitingFrames = 256;

export interface InputPorts {
  /** Reads the connection no further, or goes on. */
  pause(): void;
  resume(): void;
  /** The program cannot be reached. */
  fail(error: HsrError): void;
}

export class TerminalInput {
  readonly #execution: LiveExecution;
  readonly #ports: InputPorts;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #isWriting = false;
  #isPaused = false;

  constructor(execution: LiveExecution, ports: InputPorts) {
    this.#execution = execution;
    this.#ports = ports;
  }

  put(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (!this.#isWriting) void this.#write();
    const isMuch = this.#waitingBytes > terminalLimits.input_bytes.value || this.#waiting.length > waitingFrames;
    if (!isMuch || this.#isPaused) return;
    this.#isPaused = true;
    this.#ports.pause();
  }

  /** What waits is not written any more. */
  drop(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#goOn();
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    try {
      for (let bytes = this.#next(); bytes !== null; bytes = this.#next()) {
        await this.#execution.writeStdin(bytes);
        this.#goOn();
      }
    } catch (thrown) {
      this.drop();
      const error = HsrError.from(thrown);
      // Its end, or that of its input, is no failure: the program's last words are still to come.
      if (error.code !== "execution_ended" && error.code !== "stdin_closed") this.#ports.fail(error);
    } finally {
      this.#isWriting = false;
    }
  }

  #next(): Uint8Array | null {
    if (this.#waiting.length === 0) return null;
    const [only] = this.#waiting;
    const bytes = this.#waiting.length === 1 && only !== undefined ? only : Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    return bytes;
  }

  #goOn(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#ports.resume();
  }
}
