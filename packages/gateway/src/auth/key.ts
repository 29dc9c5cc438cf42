/** What a key looks like, how it is made, and how it is stored. */
import { createHash, randomBytes } from "node:crypto";
import { newId } from "@hsr/contract";

/** Random bytes of a key: 256 bits, far beyond guessing. */
const secretBytes = 32;
/** `hsr_` tells people and secret scanners what they have found. */
const prefix = "hsr_";
const form = /^hsr_[A-Za-z0-9_-]{43}$/;

/** A new key. `text` is shown once and kept nowhere. */
export interface IssuedKey {
  readonly id: string;
  readonly text: string;
  readonly hash: Uint8Array;
}

export function issueKey(): IssuedKey {
  const text = prefix + randomBytes(secretBytes).toString("base64url");
  return { id: newId("key"), text, hash: hashKey(text) };
}

/** Whether a text has the form of a key. Says nothing about whether it is known. */
export function isKeyText(text: string): boolean {
  return form.test(text);
}

/**
 * SHA-256 of a key. A slow hash protects secrets that people choose; a key has 256 random bits, which no speed of
 * guessing exhausts, and a slow hash would hand everybody without a key a way to burn the gateway's processor.
 *
 * Finding the row by this hash compares bytes in a time that depends on them, but what an attacker could time is a hash
 * whose input he does not choose towards it: it leads to no key.
 */
export function hashKey(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
