/** Living sandboxes in SQLite. */
import { isSandboxOver, sandboxMayBecome } from "@hsr/contract";
import {
  type CreateSandboxOutcome,
  type NewSandbox,
  type SandboxFilter,
  type SandboxId,
  type SandboxPatch,
  type SandboxStore,
  sandboxEvent,
} from "@hsr/core";
import { type Access, breathe, read } from "./access.ts";
import type { AuditChain } from "./audit.ts";
import type { SqliteEvents } from "./events.ts";
import { createHeldInputs } from "./held-inputs.ts";
import { newestFirst } from "./newest-first.ts";
import { asJson, json, number, type Row, text } from "./row.ts";
import { toSandboxRecord } from "./sandbox-row.ts";

/** Sandboxes that are read at one time when a gateway starts. */
const unfinishedPage = 200;

export function createSandboxes(access: Access, audit: AuditChain, events: SqliteEvents): SandboxStore {
  const { database, writer } = access;
  const select = database.prepare("SELECT * FROM sandbox WHERE id = ?");
  const selectOfTenant = database.prepare("SELECT * FROM sandbox WHERE id = ? AND tenant = ?");
  const selectState = database.prepare("SELECT state FROM sandbox WHERE id = ?");
  const selectByName = database.prepare("SELECT id FROM sandbox WHERE tenant = ? AND name = ? AND reason IS NULL");
  const selectByKey = database.prepare("SELECT * FROM sandbox WHERE tenant = ? AND idempotency_key = ?");
  const insert = database.prepare(`
    INSERT INTO sandbox (id, tenant, key_id, request_id, state, name, labels, allow, ttl, idle_timeout, created_at,
      active_at, request_digest, idempotency_key, environment, decision, risk, runtime, level)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *`);
  const patch = database.prepare(`
    UPDATE sandbox SET state = coalesce(:state, state),
      started_at = coalesce(:startedAt, started_at), expires_at = coalesce(:expiresAt, expires_at),
      ttl = coalesce(:ttl, ttl), active_at = coalesce(:activeAt, active_at),
      unenforced = coalesce(:unenforced, unenforced), risk = coalesce(:risk, risk),
      name = coalesce(:name, name)
    WHERE id = :id AND reason IS NULL RETURNING *`);
  const end = database.prepare(`
    UPDATE sandbox SET state = :state, reason = :reason, ended_at = :endedAt, usage = :usage, error = :error,
      environment = NULL
    WHERE id = :id AND reason IS NULL RETURNING *`);
  const heldInputs = createHeldInputs(access);
  const agree = database.prepare(`
    UPDATE sandbox SET decision = :decision, runtime = :runtime, level = :level
    WHERE id = :id AND state = 'pending' RETURNING *`);
  const selectUnfinished = database.prepare(
    "SELECT * FROM sandbox WHERE reason IS NULL AND seq > ? ORDER BY seq LIMIT ?",
  );
  const order = "ORDER BY created_at DESC, id DESC LIMIT ?";
  const ofTenant = database.prepare(`SELECT * FROM sandbox WHERE tenant = ? AND (created_at, id) < (?, ?) ${order}`);
  const ofAll = database.prepare(`SELECT * FROM sandbox WHERE (created_at, id) < (?, ?) ${order}`);

  function insertSandbox(sandbox: NewSandbox): CreateSandboxOutcome {
    if (sandbox.idempotencyKey !== null) {
      const known = selectByKey.get(sandbox.tenant, sandbox.idempotencyKey);
      if (known !== undefined) {
        const found = toSandboxRecord(known);
        return found.requestDigest === sandbox.requestDigest
          ? { kind: "existing", sandbox: found }
          : { kind: "mismatch", sandboxId: found.id };
      }
    }
    const taken = sandbox.name === null ? undefined : selectByName.get(sandbox.tenant, sandbox.name);
    if (taken !== undefined) return { kind: "name_taken", sandboxId: text(taken, "id") as SandboxId };
    const row = insert.get(
      sandbox.id,
      sandbox.tenant,
      sandbox.keyId,
      sandbox.requestId,
      sandbox.state,
      sandbox.name,
      JSON.stringify(sandbox.labels),
      JSON.stringify(sandbox.allow),
      sandbox.ttlMs,
      sandbox.idleTimeoutMs,
      sandbox.createdAtMs,
      sandbox.createdAtMs,
      sandbox.requestDigest,
      sandbox.idempotencyKey,
      JSON.stringify(sandbox.environment),
      asJson(sandbox.decision),
      asJson(sandbox.risk),
      sandbox.runtime,
      sandbox.level,
    );
    if (row === undefined) throw new TypeError("the row that was inserted is not there");
    heldInputs.insert(sandbox.id, sandbox.held);
    audit.insert(sandbox.audit);
    const created = toSandboxRecord(row);
    if (sandbox.held !== null) events.insert(sandboxEvent("sandbox.held", created, created.createdAtMs));
    if (created.state === "starting") events.insert(sandboxEvent("sandbox.starting", created, created.createdAtMs));
    return { kind: "created", sandbox: created };
  }

  return {
    create: (sandbox) => writer.write("sandbox.create", () => insertSandbox(sandbox)),
    held: async (id) => heldInputs.get(id),
    approve: (id, { decision, runtime, level }, entry) =>
      writer.write("sandbox.approve", () => {
        if (!heldInputs.remove(id)) return false;
        const row = agree.get({ id, decision: asJson(decision), runtime, level });
        if (row === undefined) return false;
        audit.insert(entry);
        events.insert(sandboxEvent("sandbox.approved", toSandboxRecord(row), entry.timeMs));
        return true;
      }),
    transition: async (id, from, to, facts = {}) => {
      if (!sandboxMayBecome(from, to) || isSandboxOver(to))
        throw new TypeError(`a sandbox that is ${from} never becomes ${to} like this`);
      return await writer.write(`sandbox.${to}`, () => {
        const found = selectState.get(id);
        if (found === undefined || found["state"] !== from) return false;
        const row = patch.get({ id, state: to, ...patchColumns(facts) });
        const type =
          to === "running" && from === "starting" ? "sandbox.started" : to === "starting" ? "sandbox.starting" : null;
        if (row !== undefined && type !== null)
          events.insert(sandboxEvent(type, toSandboxRecord(row), facts.startedAtMs ?? Date.now()));
        return row !== undefined;
      });
    },
    note: async (id, facts, entry) =>
      await writer.write("sandbox.note", () => {
        const row = patch.get({ id, state: null, ...patchColumns(facts) });
        if (entry !== undefined) audit.insert(entry);
        if (entry?.type === "sandbox.renewed" && row !== undefined)
          events.insert(sandboxEvent("sandbox.renewed", toSandboxRecord(row), entry.timeMs));
      }),
    finish: (id, outcome, entry) =>
      writer.write("sandbox.finish", () => {
        const before = selectState.get(id);
        if (before === undefined) return null;
        const row = end.get({
          id,
          state: outcome.state,
          reason: outcome.reason,
          endedAt: outcome.endedAtMs,
          usage: asJson(outcome.usage),
          error: asJson(outcome.error),
        });
        if (row !== undefined) {
          audit.insert(entry);
          events.insert(sandboxEvent("sandbox.ended", toSandboxRecord(row), outcome.endedAtMs));
        }
        const found = row ?? select.get(id);
        return found === undefined ? null : toSandboxRecord(found);
      }),
    get: async (tenant, id) =>
      read(access, "sandbox.get", () => {
        const row = tenant === null ? select.get(id) : selectOfTenant.get(id, tenant);
        return row === undefined ? null : toSandboxRecord(row);
      }),
    list: (filter, limit, cursor) => {
      const rows = ({ at, id }: { readonly at: number; readonly id: string }, size: number) =>
        filter.tenant === null ? ofAll.all(at, id, size) : ofTenant.all(filter.tenant, at, id, size);
      const isPlain = filter.states === undefined && filter.name === undefined && filter.labels === undefined;
      const listing = {
        kind: "sandbox",
        rows,
        matches: isPlain ? null : (row: Row) => matches(filter, row),
        toItem: toSandboxRecord,
      };
      return newestFirst(access, listing, limit, cursor);
    },
    unfinished: async () => {
      const found: Row[] = [];
      for (let after = 0; ; await breathe()) {
        const rows: Row[] = read(access, "unfinished", () => selectUnfinished.all(after, unfinishedPage));
        found.push(...rows);
        const last = rows.at(-1);
        if (last === undefined || rows.length < unfinishedPage) return found.map(toSandboxRecord);
        after = number(last, "seq");
      }
    },
  };
}

function matches({ states, name, labels }: SandboxFilter, row: Row): boolean {
  if (states !== undefined && !states.some((state) => state === row["state"])) return false;
  if (name !== undefined && row["name"] !== name) return false;
  if (labels === undefined) return true;
  const found = json<Readonly<Record<string, string>>>(row, "labels");
  return Object.entries(labels).every(([key, value]) => Object.hasOwn(found, key) && found[key] === value);
}

function patchColumns(patch: SandboxPatch): Record<string, string | number | null> {
  return {
    startedAt: patch.startedAtMs ?? null,
    expiresAt: patch.expiresAtMs ?? null,
    ttl: patch.ttlMs ?? null,
    activeAt: patch.activeAtMs ?? null,
    unenforced: asJson(patch.unenforced ?? null),
    risk: asJson(patch.risk ?? null),
    name: patch.name ?? null,
  };
}
