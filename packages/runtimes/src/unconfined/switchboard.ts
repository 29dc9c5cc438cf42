import { type Duplex, duplexPair } from "node:stream";

/** Joins one stream to many in turn: each attachment ends the one before it, at whatever byte it had reached. */
export interface Switchboard {
  attach(): Duplex;
  /** Ends the attachment that there is. */
  detach(): void;
}

/**
 * The far end is not told of a change, exactly as a sandbox that was restored on a fresh socket is not. What the far end sends
 * while nobody is attached is lost.
 */
export function switchboard(far: Duplex): Switchboard {
  let near: Duplex | null = null;
  const detach = (): void => {
    const before = near;
    near = null;
    before?.destroy();
    /* What the far end waits to write must not wait for an attachment that went away. */
    far.resume();
  };
  far.on("error", ignore);
  far.on("close", detach);
  far.on("data", (chunk: Buffer) => {
    const to = near;
    if (!to || to.writableEnded || to.destroyed || to.write(chunk)) return;
    far.pause();
    to.once("drain", () => far.resume());
  });
  return {
    detach,
    attach() {
      detach();
      const [ours, theirs] = duplexPair();
      near = ours;
      ours.on("error", ignore);
      ours.on("data", (chunk: Buffer) => {
        if (near !== ours || far.destroyed || far.write(chunk)) return;
        ours.pause();
        far.once("drain", () => ours.resume());
      });
      const gone = (): void => {
        if (near === ours) detach();
        theirs.destroy();
      };
      ours.once("end", gone).once("close", gone);
      return theirs;
    },
  };
}

/** A broken stream shows as its close. */
function ignore(): void {
  /* See above. */
}
