/** Large results on their way to clients: what a tenant's clients do not read may not fill the gateway's memory. */
import type { ServerResponse } from "node:http";

/** Output that is answered without asking: a page of text. */
const smallBytes = 256 * 1024;
/** Bytes of output that one tenant's clients may have on their way; one answer alone may have more. */
const tenantBytes = 128 * 1024 * 1024;
/** A client that takes nothing for so long is given up, so that one that vanished does not hold up the others of its tenant. */
const stalledMs = 30_000;

interface Answer {
  readonly bytes: number;
  state: "waiting" | "sending" | "over";
  readonly go: () => void;
}

interface Tenant {
  sendingBytes: number;
  readonly waiting: Set<Answer>;
}

export class LargeAnswers {
  readonly #tenants = new Map<string, Tenant>();

  /**
   * Resolves when an answer with this much output may be made, with `true`; it counts until the response is closed.
   * `false`: the client is gone, and nothing is worth making.
   */
  async enter(tenantName: string, bytes: number, response: ServerResponse): Promise<boolean> {
    if (response.closed || response.destroyed) return false;
    if (bytes <= smallBytes) return true;
    const tenant = this.#tenants.get(tenantName) ?? { sendingBytes: 0, waiting: new Set() };
    this.#tenants.set(tenantName, tenant);
    const { promise, resolve } = Promise.withResolvers<void>();
    const answer: Answer = { bytes, state: "waiting", go: resolve };
    tenant.waiting.add(answer);
    response.once("close", () => {
      if (answer.state === "sending") tenant.sendingBytes -= bytes;
      answer.state = "over";
      tenant.waiting.delete(answer);
      answer.go();
      this.#admit(tenant);
      if (tenant.sendingBytes === 0 && tenant.waiting.size === 0) this.#tenants.delete(tenantName);
    });
    this.#admit(tenant);
    await promise;
    response.setTimeout(stalledMs, () => response.destroy());
    return !response.closed && !response.destroyed;
  }

  #admit(tenant: Tenant): void {
    for (const answer of tenant.waiting) {
      if (tenant.sendingBytes > 0 && tenant.sendingBytes + answer.bytes > tenantBytes) return;
      tenant.waiting.delete(answer);
      tenant.sendingBytes += answer.bytes;
      answer.state = "sending";
      answer.go();
    }
  }
}
