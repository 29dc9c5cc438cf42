import { HsrApiError } from "./errors.ts";
import type { Operations, Sandbox as SandboxInfo, SandboxRequest } from "./gen/api.ts";
import type { CallOptions, CreateOptions, PageOptions } from "./options.ts";
import { everything } from "./pages.ts";
import { waitMs } from "./runs.ts";
import { Sandbox } from "./sandbox.ts";
import type { Transport } from "./transport.ts";

/** Sandboxes that live until they are deleted, or their time is over. */
export class Sandboxes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Makes a sandbox; resolves when it runs, which may be when a person has approved it. With `waitMs` perhaps before: its
   * `info.state` says so.
   */
  async create(request: SandboxRequest = {}, options: CreateOptions = {}): Promise<Sandbox> {
    const headers = { "idempotency-key": options.idempotencyKey ?? crypto.randomUUID() };
    const info = await this.#transport.json("createSandbox", { body: request, headers, signal: options.signal });
    const isAsked = info.state === "pending" && info.decision.approval !== null;
    if (!isAsked || request.waitMs !== undefined) return new Sandbox(this.#transport, info);
    return new Sandbox(this.#transport, await this.#whenUp(info.id, options));
  }

  /** One that a person has to approve, when it runs. Throws what ended it instead. */
  async #whenUp(id: string, { signal }: CallOptions): Promise<SandboxInfo> {
    for (;;) {
      const info = await this.#transport.json("getSandbox", { path: { id }, query: { waitMs }, signal });
      if (info.error !== null) throw new HsrApiError(info.error);
      if (info.state !== "pending" && info.state !== "starting") return info;
    }
  }

  /** A sandbox that is there, also one that has ended. */
  async get(id: string, { signal }: CallOptions = {}): Promise<Sandbox> {
    return new Sandbox(this.#transport, await this.#transport.json("getSandbox", { path: { id }, signal }));
  }

  /** Sandboxes, newest first. */
  async *list(
    which: Omit<Operations["listSandboxes"]["query"], "limit" | "cursor"> = {},
    { signal, limit }: PageOptions = {},
  ): AsyncGenerator<Sandbox, void, void> {
    const page = (cursor: string | undefined) =>
      this.#transport.json("listSandboxes", { query: { ...which, limit, cursor }, signal });
    for await (const info of everything<SandboxInfo>(page)) yield new Sandbox(this.#transport, info);
  }
}
