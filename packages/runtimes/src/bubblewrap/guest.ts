import type { Duplex } from "node:stream";
import type { Guest, LimitName, SandboxId, SandboxMetrics, Usage } from "@hsr/core";
import type { Launcher } from "../launcher/launcher.ts";
import type { SandboxReport } from "../launcher/replies.ts";

/** One sandbox of the launcher's. The first `attach` takes the stream that the launch itself opened. */
export class LauncherGuest implements Guest {
  readonly id: SandboxId;
  readonly unenforced: readonly LimitName[];
  readonly ended: Promise<SandboxReport>;
  readonly #launcher: Launcher;
  #first: Duplex | null;
  #current: Duplex | null = null;

  constructor(
    launcher: Launcher,
    id: SandboxId,
    ended: Promise<SandboxReport>,
    first: Duplex | null,
    unenforced: readonly LimitName[],
  ) {
    this.#launcher = launcher;
    this.id = id;
    this.ended = ended;
    this.unenforced = unenforced;
    this.#first = first;
  }

  async attach(): Promise<Duplex> {
    const first = this.#first;
    this.#first = null;
    const next = first ?? (await this.#launcher.join(this.id));
    this.#current?.destroy();
    this.#current = next;
    return next;
  }

  usage(): Promise<Usage> {
    return this.#launcher.usage(this.id);
  }

  metrics(): Promise<SandboxMetrics> {
    return this.#launcher.metrics(this.id);
  }

  renew(deadlineMs: number): Promise<"renewed" | "gone"> {
    return this.#launcher.renew(this.id, deadlineMs);
  }

  async destroy(): Promise<Usage> {
    // A stream that nobody took would keep its descriptor.
    this.#first?.destroy();
    this.#first = null;
    const report = await this.#launcher.kill(this.id);
    return (report ?? (await this.ended)).usage;
  }
}
