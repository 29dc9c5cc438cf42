import { fromBase64 } from "./bytes.ts";
import { HsrSignatureError } from "./errors.ts";
import type { Event } from "./gen/api.ts";
import { fromWire } from "./keys.ts";

/** A delivery as it came. */
export interface Delivery {
  /** The webhook's secret, as `whsec_…`. */
  readonly secret: string;
  /** The request's headers. */
  readonly headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The body exactly as it came, not parsed and put together again. */
  readonly body: string;
  /** How far the time of the delivery may be from now; five minutes if absent. */
  readonly toleranceMs?: number | undefined;
}

/** The event of a delivery that a gateway with this secret has signed; throws `HsrSignatureError` for any other. */
export async function verifyWebhook({ secret, headers, body, toleranceMs = 300_000 }: Delivery): Promise<Event> {
  const header = (name: string): string => {
    const value = headers instanceof Headers ? headers.get(name) : headers[name];
    if (typeof value !== "string") throw new HsrSignatureError(`the delivery has no ${name}`);
    return value;
  };
  const timestamp = header("webhook-timestamp");
  if (!(Math.abs(Date.now() - Number(timestamp) * 1000) <= toleranceMs))
    throw new HsrSignatureError("the delivery is too old, or from the future");
  const signed = new TextEncoder().encode(`${header("webhook-id")}.${timestamp}.${body}`);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const bytes = fromBase64(secret.replace(/^whsec_/, ""));
  const key = await crypto.subtle.importKey("raw", bytes, algorithm, false, ["verify"]);
  for (const one of header("webhook-signature").split(" ")) {
    const [version, signature = ""] = one.split(",");
    if (version !== "v1" || !/^[A-Za-z0-9+/]{43}=$/.test(signature)) continue;
    if (await crypto.subtle.verify("HMAC", key, fromBase64(signature), signed))
      return fromWire(JSON.parse(body)) as Event;
  }
  throw new HsrSignatureError("no signature of the delivery is this secret's");
}
