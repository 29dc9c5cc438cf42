/**
 * Watches the policy's file by looking at it again and again: that works the same for files that are written in place,
 * replaced by a rename, or reached through links that are switched, and misses none of them.
 */
import { stat } from "node:fs/promises";

/** How often it is looked at: a change is in force within two looks. */
const lookMs = 250;

/** Calls back when the file has changed and nobody has written to it since the look before. Returns how to stop. */
export function watchFile(path: string, onChange: () => Promise<void>): () => void {
  let told: string | null = null;
  let before: string | null = null;
  let stopped = false;
  let timer: NodeJS.Timeout | null = null;

  async function look(): Promise<void> {
    const now = await marks(path);
    // The first state is told too, since the file may have changed since it was read. One that is being written in place
    // is told when its writer has paused.
    if (now !== told && now === before) {
      told = now;
      await onChange();
    }
    before = now;
    if (!stopped) timer = setTimeout(() => void look(), lookMs).unref();
  }

  void look();
  return () => {
    stopped = true;
    if (timer !== null) clearTimeout(timer);
  };
}

async function marks(path: string): Promise<string> {
  try {
    const { mtimeNs, ctimeNs, size, ino } = await stat(path, { bigint: true });
    return `${mtimeNs} ${ctimeNs} ${size} ${ino}`;
  } catch {
    // It is away, perhaps between an unlink and a rename; if it stays away, that is a change too.
    return "away";
  }
}
