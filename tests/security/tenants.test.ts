/**
 * Every route of the API, from its own table, with the things of another tenant and with keys that may do everything but
 * this. A route that is new is walked too, or fails here until somebody says what it needs.
 *
 * Control: the same requests with the owner's key are found, and with a key of that one scope are let in.
 */
import type { ErrorBody, Execution, Run, Sandbox } from "@hsr/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";

interface Operation {
  readonly operationId: string;
  readonly "x-scope"?: string;
  readonly requestBody?: unknown;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
}
interface Door extends Operation {
  readonly method: string;
  readonly path: string;
}

/** What a request must say to come as far as the question whose it is. */
const bodies: Readonly<Record<string, object>> = {
  exec: { argv: ["true"] },
  renewSandbox: { ttl_ms: 60_000 },
  openPort: { port: 8080 },
  writeStdin: { text: "x" },
  signalExecution: { signal: "SIGCONT" },
  changeFileMode: { path: "/workspace", mode: 448 },
  deny: { reason: "no" },
  resizeTerminal: { rows: 5, cols: 5 },
};

describeWith(["bubblewrap"], "keys", () => {
  let gateway: RunningGateway;
  let doors: readonly Door[];
  let scopes: readonly string[];
  let sandbox: Sandbox;
  let execution: Execution;
  let run: Run;
  let webhook: string;
  let ownKey: string;
  const owner = "tenant-a";

  const makeKey = async (tenant: string, of: readonly string[]) => {
    const made = await gateway.call<{ key: string; id: string }>("POST", "/v1/keys", { name: "k", tenant, scopes: of });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    return { text: made.body.key, id: made.body.id };
  };
  const as = (key: string) => ({ authorization: `Bearer ${key}` });

  beforeAll(async () => {
    gateway = await startGateway({ env: { HSR_WEBHOOKS_ALLOWED_HOSTS: "127.0.0.1" } });
    const document = await gateway.call<{ paths: Record<string, Record<string, Operation>> }>("GET", "/openapi.json");
    doors = Object.entries(document.body.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ ...operation, path, method: method.toUpperCase() })),
    );
    scopes = [...new Set(doors.flatMap((door) => door["x-scope"] ?? []))].filter((scope) => scope !== "admin");
    const own = await makeKey(owner, scopes);
    ownKey = own.id;
    const mine = as(own.text);
    sandbox = (await gateway.call<Sandbox>("POST", "/v1/sandboxes", {}, mine)).body;
    const sleep = { argv: ["sleep", "300"], background: true };
    execution = (await gateway.call<Execution>("POST", `/v1/sandboxes/${sandbox.id}/exec`, sleep, mine)).body;
    run = (
      await gateway.call<Run>(
        "POST",
        "/v1/sandboxes/run",
        { argv: ["sleep", "300"], timeout: 400_000, wait_ms: 0 },
        mine,
      )
    ).body;
    const url = { url: "http://127.0.0.1:9/" };
    webhook = (await gateway.call<{ id: string }>("POST", "/v1/webhooks", url, mine)).body.id;
  });
  afterAll(() => gateway.stop());

  /** The address with the owner's ids in it; `null` for what belongs to nobody. */
  function address({ path, parameters }: Door): string | null {
    const ids: readonly (readonly [RegExp, string])[] = [
      [/^\/v1\/sandboxes\/\{id\}/, sandbox.id],
      [/^\/v1\/runs\/\{id\}/, run.id],
      [/^\/v1\/webhooks\/\{id\}/, webhook],
      [/^\/v1\/keys\/\{id\}/, ownKey],
      [/^\/v1\/approvals\/\{id\}/, run.id],
    ];
    const id = ids.find(([form]) => form.test(path))?.[1];
    if (id === undefined) return null;
    const filled = path.replace("{id}", id).replace("{execution}", execution.id);
    const query = (parameters ?? []).filter((one) => one.in === "query" && one.required);
    return `${filled}${query.length === 0 ? "" : `?${query.map(({ name }) => `${name}=x`).join("&")}`}`;
  }
  async function send(door: Door, to: string, key: string): Promise<{ status: number; code: string | undefined }> {
    const hasBody = door.requestBody !== undefined;
    const response = await fetch(gateway.url + to, {
      method: door.method,
      headers: { ...as(key), ...(hasBody ? { "content-type": "application/json" } : {}) },
      ...(hasBody ? { body: JSON.stringify(bodies[door.operationId] ?? {}) } : {}),
    });
    const text = await response.text();
    const isError = response.status >= 400 && text.startsWith("{");
    return { status: response.status, code: isError ? (JSON.parse(text) as ErrorBody).error.code : undefined };
  }

  test("of another tenant find nothing, whatever they ask of it", async () => {
    const other = await makeKey("tenant-b", scopes);
    const walked: (readonly [string, string | number])[] = [];
    for (const door of doors) {
      const to = address(door);
      if (to === null || door["x-scope"] === undefined) continue;
      if (door["x-scope"] === "admin") continue;
      expect(to, `${door.operationId}: this test does not know an id of its path`).not.toContain("{");
      const answer = await send(door, to, other.text);
      walked.push([door.operationId, answer.code ?? (answer.status === 404 ? "not_found" : answer.status)]);
    }
    expect(walked.filter(([, code]) => code !== "not_found" && code !== "upgrade_required")).toEqual([]);
    expect(walked.length).toBeGreaterThan(25);
    // Nothing of it has ended or changed.
    expect((await gateway.call<Sandbox>("GET", `/v1/sandboxes/${sandbox.id}`)).body.state).toBe("running");
    const path = `/v1/sandboxes/${sandbox.id}/executions/${execution.id}`;
    expect((await gateway.call<Execution>("GET", path)).body.state).toBe("running");
    const runState = async () => (await gateway.call<Run>("GET", `/v1/runs/${run.id}`)).body.state;
    await expect.poll(runState, { timeout: 5000 }).toBe("running"); // It may still have been starting.
  });

  test("of another tenant see nothing in lists, also with the owner's cursor, name and label", async () => {
    const other = as((await makeKey("tenant-b", scopes)).text);
    for (const path of ["/v1/sandboxes", "/v1/runs", "/v1/webhooks", "/v1/keys", "/v1/audit", "/v1/approvals"]) {
      const text = JSON.stringify(
        (
          await gateway.call(
            "GET",
            `${path}?limit=200`.replace(/\?.*/, /webhooks|keys|approvals/.test(path) ? "" : "?limit=200"),
            undefined,
            other,
          )
        ).body,
      );
      for (const mine of [sandbox.id, run.id, webhook, execution.id, owner])
        expect([path, text.includes(mine)]).toEqual([path, false]);
    }
  });

  test("a name and an idempotency key are a tenant's own", async () => {
    const [a, b] = [as((await makeKey(owner, scopes)).text), as((await makeKey("tenant-b", scopes)).text)];
    const make = (key: Record<string, string>, name: string) =>
      gateway.call<Sandbox>("POST", "/v1/sandboxes", { name }, { ...key, "idempotency-key": "the-same" });
    const [one, two, again] = [await make(a, "box"), await make(b, "box"), await make(a, "box")];
    expect([one.status, two.status]).toEqual([201, 201]);
    expect(two.body.id).not.toBe(one.body.id);
    expect(again.body.id).toBe(one.body.id);
    for (const { id } of [one.body, two.body]) await gateway.call("DELETE", `/v1/sandboxes/${id}`);
  });

  test("that may do everything but this are refused at every door, and those of this one scope are let in", async () => {
    const without = new Map<string, string>();
    const only = new Map<string, string>();
    for (const scope of scopes) {
      without.set(
        scope,
        (
          await makeKey(
            "tenant-c",
            scopes.filter((one) => one !== scope),
          )
        ).text,
      );
      only.set(scope, (await makeKey("tenant-c", [scope])).text);
    }
    for (const door of doors) {
      const scope = door["x-scope"];
      if (scope === undefined) continue;
      const to = address(door) ?? door.path;
      const lacking = scope === "admin" ? only.get("read") : without.get(scope);
      const refused = await send(door, to, lacking ?? "");
      expect([door.operationId, refused.status]).toEqual([door.operationId, 403]);
      if (door.method !== "HEAD") expect([door.operationId, refused.code]).toEqual([door.operationId, "scope_missing"]);
      // Streams without an end are let in as well, but do not answer with anything that ends.
      if (scope === "admin" || door.operationId === "watchEvents") continue;
      const taken = await send(door, to, only.get(scope) ?? "");
      expect([door.operationId, taken.status === 401 || taken.code === "scope_missing"]).toEqual([
        door.operationId,
        false,
      ]);
    }
  });

  test("a tenant's webhooks are not more than they may be, also when they are made at one moment", async () => {
    const key = as((await makeKey("tenant-d", scopes)).text);
    const url = { url: "http://127.0.0.1:9/" };
    const made = await Promise.all(Array.from({ length: 60 }, () => gateway.call("POST", "/v1/webhooks", url, key)));
    expect(made.filter(({ status }) => status === 201)).toHaveLength(16);
  });
});
