/** The launcher's folders and volumes. */
import { HsrError } from "@hsr/contract";
import type { OfferedFolder, VolumeInfo, Volumes } from "@hsr/core";
import type { Launcher } from "./launcher.ts";
import { isName } from "./mount-field.ts";
import { isNotFound } from "./replies.ts";
import { messageTypes } from "./wire.ts";

/** Making a large volume writes its tables. */
const volumeTimeoutMs = 60_000;

export class LauncherVolumes implements Volumes {
  readonly #launcher: Launcher;

  constructor(launcher: Launcher) {
    this.#launcher = launcher;
  }

  async folders(): Promise<readonly OfferedFolder[]> {
    return (await this.#launcher.facts()).folders;
  }

  async supported(): Promise<boolean> {
    return (await this.#launcher.facts()).features.includes("volumes");
  }

  async create(id: string, quota: { readonly bytes: number; readonly inodes: number }): Promise<void> {
    await this.#launcher.demand("volumes");
    if (!isName(id)) throw new HsrError("invalid_request", { field: "id", message: "It cannot be a volume's id." });
    const numbers = { diskBytes: quota.bytes, inodes: quota.inodes };
    try {
      await this.#launcher.request(messageTypes.volumeCreate, { numbers, texts: { volume: id } }, volumeTimeoutMs);
    } catch (error) {
      if (said(error, "exists")) throw new HsrError("volume_exists", { cause: error });
      if (said(error, "bad_limit"))
        throw new HsrError("invalid_request", { message: "A volume cannot have these bounds.", cause: error });
      throw error;
    }
  }

  async remove(id: string): Promise<void> {
    await this.#launcher.demand("volumes");
    if (!isName(id)) throw new HsrError("not_found");
    try {
      await this.#launcher.request(messageTypes.volumeRemove, { texts: { volume: id } }, volumeTimeoutMs);
    } catch (error) {
      throw isNotFound(error) ? new HsrError("not_found", { cause: error }) : error;
    }
  }

  async list(): Promise<readonly VolumeInfo[]> {
    await this.#launcher.demand("volumes");
    const { texts } = await this.#launcher.request(messageTypes.volumeList, {}, volumeTimeoutMs);
    return (texts.volume ?? []).map((line) => {
      const [id = "", bytes = "", inodes = ""] = line.split(" ");
      return { id, bytes: Number(bytes), inodes: Number(inodes) };
    });
  }
}

function said(error: unknown, code: string): boolean {
  return (
    error instanceof HsrError && error.cause instanceof Error && error.cause.message.startsWith(`launcher: ${code}:`)
  );
}
