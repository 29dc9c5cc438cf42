/** What is refused before a route is looked at: requests that a web page or a confused proxy could have made. */
import type { IncomingMessage } from "node:http";
import { HsrError, httpLimits } from "@hsr/contract";

export interface GuardSettings {
  /** Names besides loopback ones that a Host header may carry. */
  readonly allowedHosts: readonly string[];
  /** Origins whose pages may call. */
  readonly allowedOrigins: readonly string[];
  /** The host that is listened on. */
  readonly listenHost: string;
}

/** Headers of which two would be read differently by different readers. */
const single: ReadonlySet<string> = new Set([
  "host",
  "authorization",
  "content-type",
  "content-length",
  "content-encoding",
  "transfer-encoding",
  "idempotency-key",
  "if-match",
  "last-event-id",
  "origin",
]);

/** Throws for what is refused; returns the origin that may read the answer, if the request came from a page of it. */
export function guard(request: IncomingMessage, settings: GuardSettings): string | null {
  checkHeaders(request.rawHeaders);
  // An absolute address is for proxies, and names a host of its own beside the Host header.
  if (request.url?.startsWith("/") !== true && request.url !== "*")
    throw new HsrError("bad_http", { message: "The request's target has to be a path." });
  const host = request.headers.host ?? "";
  if (!hostAllowed(host, settings)) throw new HsrError("host_not_allowed");
  const origin = request.headers.origin;
  if (origin === undefined || origin === `http://${host}`) return null;
  if (settings.allowedOrigins.includes(origin)) return origin;
  throw new HsrError("origin_not_allowed");
}

function checkHeaders(raw: readonly string[]): void {
  if (raw.length / 2 > httpLimits.headers.value) throw new HsrError("headers_too_large");
  const seen = new Set<string>();
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] ?? "").toLowerCase();
    if (!single.has(name)) continue;
    if (seen.has(name)) throw new HsrError("bad_http", { message: `The header ${name} stands there twice.` });
    seen.add(name);
  }
}

/** Loopback names and addresses, the address listened on, and what the operator named; with any port. */
function hostAllowed(host: string, settings: GuardSettings): boolean {
  const name = host.replace(/:\d{1,5}$/, "").toLowerCase();
  if (name === "localhost" || name === "[::1]" || /^127(\.\d{1,3}){3}$/.test(name)) return true;
  if (name === settings.listenHost.toLowerCase()) return true;
  return settings.allowedHosts.some((allowed) => {
    const lower = allowed.toLowerCase();
    return lower === name || lower === host.toLowerCase();
  });
}
