/** Addresses of ports inside of sandboxes. */
import { createPortRequestSchema, HsrError, portGrantSchema } from "@hsr/contract";
import type { Clock } from "@hsr/core";
import { tokenHeader, tokenQuery } from "../ports/headers.ts";
import type { PublicAddress } from "../ports/server.ts";
import type { PortTokens } from "../ports/token.ts";
import { wireTime } from "../wire.ts";
import { type Route, route } from "./route.ts";
import { livingSandbox, type SandboxPorts, sandboxParams } from "./sandboxes.ts";

export interface PortRoutePorts extends SandboxPorts {
  readonly tokens: PortTokens;
  readonly clock: Clock;
  /** Where clients reach the second listener; `null` if there is none. */
  address(): PublicAddress | null;
}

/** How long a token holds when nobody says how long. */
const defaultTtlMs = 3_600_000;

export function portRoutes(ports: PortRoutePorts): readonly Route[] {
  const open = route(
    {
      method: "POST",
      path: "/v1/sandboxes/{id}/ports",
      operationId: "openPort",
      summary: "Get the address of a port in a sandbox",
      description: `A server that listens on this port of the sandbox's loopback is reached at \`origin\`, with HTTP and WebSockets, by whoever has the token: as the header \`${tokenHeader}\`, or once in the address (\`url\`), which keeps it as a cookie of that origin. No key and no cookie of another place passes in.`,
      access: "sandboxes",
      params: sandboxParams,
      body: createPortRequestSchema,
      answers: { 201: { description: "The address, and a token for it.", schema: portGrantSchema } },
      errors: ["not_found", "sandbox_not_running", "unsupported"],
    },
    async ({ params, body, caller, reply }) => {
      const sandbox = await livingSandbox(ports, caller, params.id);
      await sandbox.up;
      sandbox.mustRun();
      const address = ports.address();
      if (address === null)
        throw new HsrError("unsupported", {
          message: "This gateway does not serve ports of sandboxes.",
          hint: "The operator sets `ports.listen` in the configuration.",
        });
      const expiresAtMs = ports.clock.now() + (body.ttl_ms ?? defaultTtlMs);
      const token = ports.tokens.issue({ sandbox: sandbox.id, port: body.port, expiresAtMs });
      const origin = `${address.scheme}://${body.port}-${sandbox.id}.${address.host}`;
      reply.code(201);
      return {
        sandbox_id: sandbox.id,
        port: body.port,
        origin,
        url: `${origin}/?${tokenQuery}=${token}`,
        token,
        expires_at: wireTime(expiresAtMs),
      };
    },
  );
  return [open];
}
