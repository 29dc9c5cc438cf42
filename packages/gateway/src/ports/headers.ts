/**
 * What crosses between a client and a guest's server. No key and no cookie of somebody else passes in: a guest's own
 * cookies are kept under names of their own, and only those are given back to it. Nothing passes out that would bind
 * the client to more than this one origin.
 */
import type { IncomingHttpHeaders } from "node:http";

/** The cookie that holds the token. */
export const tokenCookie = "hsr-port";
/** The header that holds it, for programs. */
export const tokenHeader = "hsr-port-token";
/** The query field that holds it, once, for people who follow a link. */
export const tokenQuery = "hsr_port_token";
/** Cookies of the guest have names that begin with this. */
const guestCookie = "hsrg-";

/** Headers of one connection, which are not passed on. */
const hopByHop = new Set([
  "connection",
  "expect",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Headers that no `Connection` can take away: without them a body would read as the next request. */
const lasting = new Set(["content-length", "host", "content-encoding"]);

/** Answers' headers that reach beyond this origin, or this visit. */
const unwanted = new Set(["alt-svc", "strict-transport-security", "public-key-pins", "nel", "report-to", "expect-ct"]);

/** The value of the token's cookie, if it is there once. */
export function cookieToken(headers: IncomingHttpHeaders): string | null {
  const found = cookiesOf(headers).filter(([name]) => name === tokenCookie);
  return found.length === 1 ? (found[0]?.[1] ?? null) : null;
}

/** Pairs of names and values for the guest. */
export function headersIn(
  raw: readonly string[],
  headers: IncomingHttpHeaders,
  forwarded: readonly string[],
): string[] {
  const named = connectionNames(headers);
  const passed: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const [name = "", value = ""] = [raw[i], raw[i + 1]];
    const lower = name.toLowerCase();
    if (hopByHop.has(lower) || named.has(lower) || lower === "cookie" || lower.startsWith("hsr-")) continue;
    if (lower === "forwarded" || lower.startsWith("x-forwarded-") || lower === "x-real-ip") continue;
    // A key of ours in the wrong place stays here.
    if (lower === "authorization" && /hsr_/i.test(value)) continue;
    passed.push(name, lower === "referer" ? withoutQuery(value) : value);
  }
  const cookies = cookiesOf(headers)
    .filter(([name]) => name.startsWith(guestCookie))
    .map(([name, value]) => `${name.slice(guestCookie.length)}=${value}`);
  if (cookies.length > 0) passed.push("cookie", cookies.join("; "));
  return [...passed, ...forwarded];
}

/** Pairs of names and values for the client. */
export function headersOut(raw: readonly string[], headers: IncomingHttpHeaders): string[] {
  const named = connectionNames(headers);
  const passed: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const [name = "", value = ""] = [raw[i], raw[i + 1]];
    const lower = name.toLowerCase();
    if (hopByHop.has(lower) || named.has(lower) || unwanted.has(lower) || lower.startsWith("hsr-")) continue;
    const kept = lower === "set-cookie" ? ownCookie(value) : value;
    if (kept !== null) passed.push(name, kept);
  }
  return passed;
}

/** A guest's cookie under its own name, for this host alone; `null` for what is no cookie. */
function ownCookie(text: string): string | null {
  const [pair = "", ...attributes] = text.split(";");
  const split = pair.indexOf("=");
  const name = pair.slice(0, split).trim();
  if (split < 0 || !/^[\w!#$%&'*+.^`|~-]+$/.test(name)) return null;
  const kept = attributes.filter((attribute) => !/^\s*(domain|partitioned)\s*(=|$)/i.test(attribute));
  return [`${guestCookie}${name}=${pair.slice(split + 1).trim()}`, ...kept].join(";");
}

/** Headers that the sender's `Connection` says belong to its connection alone. */
function connectionNames(headers: IncomingHttpHeaders): ReadonlySet<string> {
  const names = (headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase());
  return new Set(names.filter((name) => !lasting.has(name)));
}

/** A page that was asked for with a token in its address names that address in what it asks for itself. */
function withoutQuery(referrer: string): string {
  return referrer.includes(tokenQuery) || referrer.includes("%") ? (referrer.split("?")[0] ?? "") : referrer;
}

function cookiesOf(headers: IncomingHttpHeaders): readonly (readonly [string, string])[] {
  return (headers.cookie ?? "").split(";").flatMap((text) => {
    const split = text.indexOf("=");
    return split < 0 ? [] : [[text.slice(0, split).trim(), text.slice(split + 1).trim()] as const];
  });
}
