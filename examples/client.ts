/** The client that every example uses. `hsrctl` finds the same two by itself; here they come from the environment. */
import { Hsr } from "@hsr/sdk";

/** A client for HSR_URL with the key HSR_KEY. */
export function client(): Hsr {
  const { HSR_URL: url = "http://127.0.0.1:3000", HSR_KEY: key } = process.env;
  if (key === undefined)
    throw new Error("set HSR_KEY to a key of the gateway; `make up` says where the first one lies");
  return new Hsr({ url, key });
}
