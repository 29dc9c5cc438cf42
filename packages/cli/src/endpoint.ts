/** Where the gateway is and which key opens it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "./environment.ts";
import { Failure } from "./failure.ts";

export interface Endpoint {
  /** Without a slash at its end. */
  readonly url: string;
  readonly key: string | undefined;
  /** Where both came from, in words, for `doctor` and for errors. */
  readonly urlFrom: string;
  readonly keyFrom: string;
}

/** Reads a file; null when it does not exist. Anything else that goes wrong is shown. */
function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    if (code === "EACCES" || code === "EPERM") {
      throw new Failure(`${path} may not be read by this user`, {
        hint: "use the user who ran `make up` (sudo), or set HSR_URL and HSR_KEY; an operator makes keys with `hsrctl key create`",
        cause: error,
      });
    }
    throw new Failure(`${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function parseEndpoint(path: string, text: string): { url: string; keyFile: string } {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && "url" in value && "key_file" in value) {
      const { url, key_file: keyFile } = value;
      if (typeof url === "string" && typeof keyFile === "string") return { url, keyFile };
    }
  } catch {
    // Falls through to the one message below: what is wrong with it does not matter.
  }
  throw new Failure(`${path} is damaged`, { hint: "run `make up` again; it writes the file anew" });
}

function checkedUrl(url: string, from: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (!parsed || !["http:", "https:"].includes(parsed.protocol)) {
    throw new Failure(`${from} is not an address: ${url}`, { hint: "it looks like http://127.0.0.1:3000" });
  }
  return url.replace(/\/+$/, "");
}

/**
 * Flags, then HSR_URL and HSR_KEY, then the `endpoint.json` that `make up` wrote. A key from the file is only used for the
 * address from the same file: it is never sent to another place.
 */
export function findEndpoint(
  env: Environment,
  flags: { readonly url?: string; readonly keyFile?: string } = {},
): Endpoint {
  const keyFromFlag = flags.keyFile === undefined ? undefined : readKey(flags.keyFile);
  const given = flags.url ?? env.url;
  if (given !== undefined) {
    const urlFrom = flags.url === undefined ? "HSR_URL" : "--url";
    return {
      url: checkedUrl(given, urlFrom),
      urlFrom,
      key: keyFromFlag ?? env.key,
      keyFrom: keyFromFlag !== undefined ? "--key-file" : env.key === undefined ? "nowhere" : "HSR_KEY",
    };
  }
  for (const dir of env.endpointDirs) {
    const path = join(dir, "endpoint.json");
    const text = readIfThere(path);
    if (text === null) continue;
    const { url, keyFile } = parseEndpoint(path, text);
    const key = keyFromFlag ?? env.key ?? readKey(keyFile);
    const keyFrom = keyFromFlag !== undefined ? "--key-file" : env.key === undefined ? keyFile : "HSR_KEY";
    return { url: checkedUrl(url, path), urlFrom: path, key, keyFrom };
  }
  throw new Failure("no gateway is running here", {
    hint: "start one with `make up`, or set HSR_URL and HSR_KEY for one elsewhere",
  });
}

function readKey(path: string): string {
  const key = readIfThere(path)?.trim();
  if (!key) throw new Failure(`there is no key in ${path}`, { hint: "run `make up` again, or set HSR_KEY" });
  return key;
}
