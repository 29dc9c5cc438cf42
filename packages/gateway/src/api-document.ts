import { describeRoutes } from "./rest/docs.ts";
import { allRoutes, type RoutePorts } from "./rest/routes.ts";
import { version } from "./version.ts";

/** Stands in for everything behind the routes: making the table takes parts apart, and calls none of them. */
const nothing: unknown = new Proxy(() => {}, {
  get: () => nothing,
  apply: () => {
    throw new Error("a route was used whose only purpose is to be described");
  },
});

/** What `/openapi.json` answers, without a gateway. */
export function apiDocument(): ReturnType<typeof describeRoutes> {
  const ports = new Proxy({} as RoutePorts, {
    get: (_, name) => (name === "configRows" ? [] : nothing),
  });
  return describeRoutes(allRoutes(ports), version);
}
