/** Tokens that open one port of one sandbox for a while: signed by the gateway, kept nowhere. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { isId } from "@hsr/contract";
import type { SandboxId } from "@hsr/core";

/** What a token opens. */
export interface PortGrant {
  readonly sandbox: SandboxId;
  readonly port: number;
  readonly expiresAtMs: number;
}

const keyBytes = 32;

export class PortTokens {
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** With the key of this data directory, which is made when it is not there: tokens outlive the gateway. */
  static open(directory: string): PortTokens {
    const path = join(directory, "ports.key");
    try {
      const file = openSync(path, "wx", 0o600);
      writeSync(file, randomBytes(keyBytes));
      closeSync(file);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== "EEXIST") throw thrown;
    }
    const key = readFileSync(path);
    // Half a key would sign, and be guessed.
    if (key.length !== keyBytes) throw new Error("ports.key in the data directory is damaged: remove it");
    return new PortTokens(key);
  }

  issue(grant: PortGrant): string {
    const said = `${grant.sandbox}.${grant.port}.${grant.expiresAtMs}`;
    return `${Buffer.from(said).toString("base64url")}.${this.#sign(said).toString("base64url")}`;
  }

  /** What a token opens at this time; `null` if it is none of ours, or too old. */
  read(token: string, nowMs: number): PortGrant | null {
    const match = /^([A-Za-z0-9_-]{1,120})\.([A-Za-z0-9_-]{43})$/.exec(token);
    if (match?.[1] === undefined || match[2] === undefined) return null;
    const said = Buffer.from(match[1], "base64url").toString("latin1");
    if (!timingSafeEqual(this.#sign(said), Buffer.from(match[2], "base64url"))) return null;
    const [sandbox = "", port = "", expires = ""] = said.split(".");
    if (!isId("sandbox", sandbox) || Number(expires) <= nowMs) return null;
    return { sandbox: sandbox as SandboxId, port: Number(port), expiresAtMs: Number(expires) };
  }

  #sign(said: string): Buffer {
    return createHmac("sha256", this.#key).update(`port 1 ${said}`).digest();
  }
}
