/** The configuration in force, for administrators: `hsrctl config show`. */
import { configInfoSchema } from "@hsr/contract";
import type { ConfigRow } from "../config.ts";
import { type Route, route } from "./route.ts";

export function configRoutes(rows: readonly ConfigRow[]): readonly Route[] {
  const items = rows.map(({ key, value, unit, source, from, env, dangerous }) => ({
    key,
    value,
    unit,
    source,
    from: from === "" ? null : from,
    env,
    unsafe: dangerous,
  }));
  return [
    route(
      {
        method: "GET",
        path: "/v1/config",
        operationId: "showConfig",
        summary: "Show the configuration",
        description: "Every setting with its value and where it came from. No setting is a secret.",
        access: "admin",
        answers: { 200: { description: "All settings.", schema: configInfoSchema } },
        errors: [],
      },
      async () => ({ items, next_cursor: null }),
    ),
  ];
}
