/** `/openapi.json`, and `/docs`: the same as a page, without scripts, without anything from elsewhere. */
import { createHash } from "node:crypto";
import { errors } from "@hsr/contract";
import { errorsOf, openApi } from "./openapi.ts";
import { type Route, type RouteFacts, route } from "./route.ts";

const facts = {
  openapi: {
    method: "GET",
    path: "/openapi.json",
    operationId: "openApi",
    summary: "This API as OpenAPI 3.1",
    description: "The document is made from the schemas that the gateway checks requests with.",
    access: "open",
    answers: { 200: { description: "An OpenAPI document.", contentType: "application/json" } },
    errors: [],
  },
  docs: {
    method: "GET",
    path: "/docs",
    operationId: "docs",
    summary: "This API as a page",
    description: "Every address with its fields, bounds and errors.",
    access: "open",
    answers: { 200: { description: "A page.", contentType: "text/html" } },
    errors: [],
  },
} as const satisfies Record<string, RouteFacts>;

const style = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
th, td { text-align: left; vertical-align: top; padding: .25rem .5rem; border-bottom: 1px solid #8886; }
h2 { margin-top: 2.5rem; border-top: 1px solid #8886; padding-top: 1rem; }
`;
/** The page has no script at all, and its one style is named by its hash. */
const pagePolicy = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** The OpenAPI document of these routes, and of those that describe them. */
export function describeRoutes(others: readonly RouteFacts[], version: string): ReturnType<typeof openApi> {
  return openApi([...others, facts.openapi, facts.docs], version);
}

/** The two routes that describe all the others, and themselves. */
export function docsRoutes(others: readonly Route[], version: string): readonly Route[] {
  const all: readonly RouteFacts[] = [...others, facts.openapi, facts.docs];
  const document = JSON.stringify(describeRoutes(others, version));
  const page = render(all, version);
  return [
    route(facts.openapi, async ({ reply }) => {
      await reply.header("content-type", "application/json; charset=utf-8").send(document);
      return undefined;
    }),
    route(facts.docs, async ({ reply }) => {
      reply.raw.setHeader("content-security-policy", pagePolicy);
      await reply.header("content-type", "text/html; charset=utf-8").send(page);
      return undefined;
    }),
  ];
}

/** Text on a page. Backticks become code after everything else has been made harmless. */
function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;")
    .replaceAll(/`([^`]*)`/g, "<code>$1</code>");
}

function render(routes: readonly RouteFacts[], version: string): string {
  const contents = routes.map(
    (each) =>
      `<li><a href="#${each.operationId}"><code>${each.method} ${escaped(each.path)}</code></a> ${escaped(each.summary)}</li>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>HSR API</title><style>${style}</style></head>
<body><h1>HSR API ${escaped(version)}</h1>
<p>Send <code>Authorization: Bearer hsr_…</code> with each request. For programs: <a href="/openapi.json">/openapi.json</a>.</p>
<ul>${contents.join("\n")}</ul>
${routes.map(section).join("\n")}
</body></html>
`;
}

function section(each: RouteFacts): string {
  const fields = [
    ...rows(each.params, "path"),
    ...rows(each.query, "query"),
    ...Object.entries(each.headers ?? {}).map(([name, description]) => [name, "header", "", description]),
    ...rows(each.body, "body"),
    ...(each.rawBody === undefined ? [] : [["(bytes)", "body", each.rawBody.contentType, each.rawBody.description]]),
  ];
  const answers = Object.entries(each.answers).map(([status, answer]) => [status, answer.description]);
  const failures = errorsOf(each).map((code) => [String(errors[code].http), code, errors[code].message]);
  return `<h2 id="${each.operationId}"><code>${each.method} ${escaped(each.path)}</code></h2>
<p>${escaped(each.description)} ${each.access === "open" ? "Needs no key." : `Needs the scope <code>${escaped(each.access)}</code>.`}</p>
${table(["Field", "In", "Bounds", "Meaning"], fields)}
${table(["Status", "Answer"], answers)}
<details><summary>Errors</summary>${table(["Status", "Code", "Meaning"], failures)}</details>`;
}

function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  if (lines.length === 0) return "";
  const cells = (tag: string, line: readonly string[]) =>
    line.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("");
  return `<table><thead><tr>${cells("th", head)}</tr></thead><tbody>${lines.map((line) => `<tr>${cells("td", line)}</tr>`).join("")}</tbody></table>`;
}

function rows(schema: RouteFacts["body"], where: string): readonly (readonly string[])[] {
  if (schema === undefined) return [];
  const required: readonly string[] = schema.required ?? [];
  return Object.entries(schema.properties).map(([name, property]) => {
    const node = property as unknown as Record<string, unknown>;
    return [
      required.includes(name) ? `${name} (needed)` : name,
      where,
      bounds(node),
      String(node["description"] ?? ""),
    ];
  });
}

/** The bounds of one field in a few words. */
function bounds(node: Record<string, unknown>): string {
  const parts: string[] = [];
  if (typeof node["type"] === "string") parts.push(node["type"]);
  if (Array.isArray(node["enum"])) parts.push(node["enum"].join(" | "));
  if (node["minimum"] !== undefined) parts.push(`${String(node["minimum"])} to ${String(node["maximum"])}`);
  if (node["maxLength"] !== undefined) parts.push(`at most ${String(node["maxLength"])} characters`);
  if (node["maxItems"] !== undefined) parts.push(`at most ${String(node["maxItems"])} items`);
  if (node["maxProperties"] !== undefined) parts.push(`at most ${String(node["maxProperties"])} entries`);
  if (node["default"] !== undefined) parts.push(`default ${String(node["default"])}`);
  return parts.join(", ");
}
