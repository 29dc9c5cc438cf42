import type { Operations, Sandbox as SandboxInfo, SandboxRequest } from "./gen/api.ts";
import type { CallOptions, CreateOptions, PageOptions } from "./options.ts";
import { everything } from "./pages.ts";
import { Sandbox } from "./sandbox.ts";
import type { Transport } from "./transport.ts";

/** Sandboxes that live until they are deleted, or their time is over. */
export class Sandboxes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Makes a sandbox; resolves when it runs. With `waitMs` perhaps before: its `info.state` says so. */
  async create(request: SandboxRequest = {}, options: CreateOptions = {}): Promise<Sandbox> {
    const headers = { "idempotency-key": options.idempotencyKey ?? crypto.randomUUID() };
    const info = await this.#transport.json("createSandbox", { body: request, headers, signal: options.signal });
    return new Sandbox(this.#transport, info);
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
