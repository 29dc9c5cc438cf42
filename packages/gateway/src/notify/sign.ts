/** Signatures of what the gateway posts, as the Standard Webhooks specification has them. */
import { createHmac, randomBytes } from "node:crypto";

const prefix = "whsec_";
const secretBytes = 32;

/** A new secret: `whsec_` and base64. */
export function newSecret(): string {
  return prefix + randomBytes(secretBytes).toString("base64");
}

/** The headers that let a receiver know who sent this body, and when. */
export function signedHeaders(
  secret: string,
  id: string,
  timeMs: number,
  body: string,
): Readonly<Record<"webhook-id" | "webhook-timestamp" | "webhook-signature", string>> {
  const seconds = String(Math.floor(timeMs / 1000));
  const key = Buffer.from(secret.slice(prefix.length), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${seconds}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": seconds, "webhook-signature": `v1,${signature}` };
}
