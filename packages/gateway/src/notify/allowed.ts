/** Where the gateway may post to: hosts that the operator named, since a tenant's address could point into his network. */
import { HsrError } from "@hsr/contract";

/** Throws unless the address is one that the operator allows. */
export function mustBeAllowed(url: string, allowedHosts: readonly string[]): void {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || parsed.username !== "" || parsed.password !== "" || parsed.hash !== "")
    throw new HsrError("invalid_request", {
      field: "url",
      message: "It is not an http or https address without a name, a password and a fragment.",
    });
  if (!isAllowed(parsed, allowedHosts))
    throw new HsrError("unsupported", {
      field: "url",
      message: `The operator does not allow to post to \`${parsed.host.slice(0, 100)}\`.`,
      hint: "Hosts are allowed in the configuration, in `webhooks.allowed_hosts`.",
    });
}

/** `host` allows every port of it, `host:port` that one, `*.host` what is below it. */
export function isAllowed(url: URL, allowedHosts: readonly string[]): boolean {
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  return allowedHosts.some((allowed) => {
    const match = /^(\*\.)?(\[[0-9a-f:]+\]|[^:]+)(?::(\d+))?$/.exec(allowed.toLowerCase());
    if (match === null) return false;
    const [, below, host, only] = match;
    if (only !== undefined && only !== port) return false;
    return below === undefined ? url.hostname === host : url.hostname.endsWith(`.${host}`);
  });
}
