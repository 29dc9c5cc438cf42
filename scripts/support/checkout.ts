/** Where things lie in a checkout, for every script. */
import { fileURLToPath } from "node:url";

/** The checkout's root folder, with a slash at its end. */
export const checkout = fileURLToPath(new URL("../../", import.meta.url));

/** The path of something in the checkout. */
export function inCheckout(path: string): string {
  return checkout + path;
}

/** The environment in which scripts start the project's programs: ours, with the checkout's programs first in PATH. */
export function toolEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { PATH = "/usr/bin:/bin", ...rest } = process.env;
  return { ...rest, PATH: `${inCheckout("node_modules/.bin")}:${PATH}`, ...extra };
}
