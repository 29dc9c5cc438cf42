/** Where the gateway is, and how to speak with it. */
export interface HsrOptions {
  /** As `http://127.0.0.1:3000`. */
  readonly url: string;
  /** A key, as `hsr_…`. */
  readonly key: string;
  /** How often a request that may be repeated is tried again; 4 if absent, 0 for never. */
  readonly retries?: number | undefined;
  /** Instead of the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Instead of the global `WebSocket`. */
  readonly WebSocket?: (new (url: string, protocols: string[]) => WebSocket) | undefined;
}

/** What any call can be given. */
export interface CallOptions {
  /** Ends the call; it then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A call that makes something. */
export interface CreateOptions extends CallOptions {
  /** The same key gives the same thing for 24 hours. One of its own is made for each call, so that trying again is safe. */
  readonly idempotencyKey?: string | undefined;
}

/** A call that answers page by page. */
export interface PageOptions extends CallOptions {
  /** Items on one page. */
  readonly limit?: number | undefined;
}
