/** Many requests against a running gateway, some at a time, and what was wrong with their answers. */
import { createJudge, type Judge } from "./judge.ts";
import { mutate } from "./mutate.ts";
import { type Api, type Operation, readApi } from "./openapi.ts";
import { randomFrom, seedOf } from "./random.ts";
import { rawAttempts } from "./raw.ts";
import { type KnownIds, validRequest } from "./valid.ts";
import { encode, exchange, type WireAnswer } from "./wire.ts";

export interface CampaignOptions {
  readonly url: string;
  readonly key: string;
  readonly seed: number;
  readonly requests: number;
  /** Also the attempts below HTTP; some of them take seconds. */
  readonly raw: boolean;
  /** Called after each tenth of the requests. */
  readonly onTenth?: (tenth: number) => void;
}

/** Something that must not be: what was sent, and what is wrong with what came back. */
export interface Finding {
  readonly index: number;
  readonly kind: string;
  readonly wrong: readonly string[];
  /** The beginning of the request, printable. */
  readonly request: string;
}

export interface CampaignReport {
  readonly sent: number;
  readonly findings: readonly Finding[];
  /** How many answers had which status; 0 is none at all. */
  readonly statuses: ReadonlyMap<number, number>;
  readonly slowestMs: number;
}

/** Longer than any answer may take. */
const hangMs = 5000;
/** Requests under way at one time. */
const lanes = 8;
/** Findings after which the campaign ends: they are to be read. */
const enoughFindings = 12;
const knownIdsLimit = 200;

export async function runCampaign(options: CampaignOptions): Promise<CampaignReport> {
  const url = new URL(options.url);
  const api = await readApi(options.url);
  const judge = createJudge(api);
  const known: KnownIds = { run: [], key: [], sb: [], ex: [], wh: [] };
  await makeSandboxes(options, known);
  const findings: Finding[] = [];
  const statuses = new Map<number, number>();
  let slowestMs = 0;
  let next = 0;
  let sent = 0;

  function record(index: number, kind: string, bytes: Buffer, answer: WireAnswer, wrong: readonly string[]): void {
    sent += 1;
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    slowestMs = Math.max(slowestMs, answer.tookMs);
    if (wrong.length > 0) findings.push({ index, kind, wrong, request: printable(bytes) });
  }

  async function lane(): Promise<void> {
    while (next < options.requests && findings.length < enoughFindings) {
      const index = next;
      next += 1;
      await one(api, judge, url, options, known, index, record);
      if (index % Math.ceil(options.requests / 10) === 0) options.onTenth?.(index);
    }
  }

  const raw = options.raw ? rawLane(judge, url, options.key, record) : Promise.resolve();
  await Promise.all([raw, ...Array.from({ length: lanes }, lane)]);
  await endSandboxes(options);
  return { sent, findings, statuses, slowestMs };
}

type Record_ = (index: number, kind: string, bytes: Buffer, answer: WireAnswer, wrong: readonly string[]) => void;

/** One request by its number: even ones fit the document, odd ones do not. */
async function one(
  api: Api,
  judge: Judge,
  url: URL,
  options: CampaignOptions,
  known: KnownIds,
  index: number,
  record: Record_,
): Promise<void> {
  const seed = seedOf(options.seed, index);
  const draft = validRequest(api, { host: url.host, key: options.key }, known, seed);
  const isValid = index % 2 === 0;
  const mutant = isValid ? null : mutate(draft, randomFrom(seedOf(seed, 1)));
  const bytes = encode(mutant?.request ?? draft.request);
  const answer = await exchange(url, bytes, {
    hangMs,
    ...(mutant?.pieces === undefined ? {} : { pieces: mutant.pieces, pauseMs: 50 }),
  });
  const operation = mutant === null ? draft.operation : operationOf(api, mutant.request.method, mutant.request.target);
  const wrong = [...judge(answer, operation)];
  if (isValid && [405, 413, 415, 431].includes(answer.status))
    wrong.push(`a valid request was answered ${answer.status}`);
  record(index, mutant?.name ?? `valid ${draft.operation.id}`, bytes, answer, wrong);
  remember(answer, known);
}

/** The operation that an address names, if it is exactly one of the document's. */
function operationOf(api: Api, method: string, target: string): Operation | null {
  const path = target.split("?", 1)[0] ?? "";
  return (
    api.operations.find(
      (one) =>
        one.method === method &&
        new RegExp(`^${one.path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[a-z0-9-]+")}$`).test(path),
    ) ?? null
  );
}

function remember(answer: WireAnswer, known: KnownIds): void {
  const found = /"id":"((run|key|sb|ex|wh)-[a-z2-7]{26})"/.exec(answer.body.subarray(0, 4096).toString("latin1"));
  const [, id, kind] = found ?? [];
  if (id === undefined || answer.status >= 300) return;
  // Keys only when they were made: a list has the campaign's own, without which it could go no further.
  if (kind === "key" && answer.status !== 201) return;
  const ids = known[kind as keyof KnownIds];
  ids.push(id);
  if (ids.length > knownIdsLimit) ids.shift();
}

/** Some sandboxes that live as long as the campaign, unless it ends them. */
async function makeSandboxes({ url, key }: CampaignOptions, known: KnownIds): Promise<void> {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  for (let i = 0; i < 3; i += 1) {
    const body = JSON.stringify({ allow: ["opaque"], labels: { campaign: "yes" } });
    const answer = await asked(`${url}/v1/sandboxes`, { method: "POST", headers, body });
    if (answer?.status === 201) known.sb.push(((await answer.json()) as { id: string }).id);
  }
}

/** Ends every sandbox that is left: what a campaign made may live for an hour. */
async function endSandboxes({ url, key }: CampaignOptions): Promise<void> {
  const headers = { authorization: `Bearer ${key}` };
  for (const state of ["running", "starting", "pending"]) {
    const answer = await asked(`${url}/v1/sandboxes?state=${state}&limit=200`, { headers });
    if (answer?.status !== 200) continue;
    const { items } = (await answer.json()) as { items: { id: string }[] };
    await Promise.all(items.map(({ id }) => asked(`${url}/v1/sandboxes/${id}`, { method: "DELETE", headers })));
  }
}

/** An answer, or `null` from a gateway that hangs: finding that out is the campaign's own work. */
async function asked(url: string, init: RequestInit): Promise<Response | null> {
  return await fetch(url, { ...init, signal: AbortSignal.timeout(hangMs) }).catch(() => null);
}

async function rawLane(judge: Judge, url: URL, key: string, record: Record_): Promise<void> {
  const attempts = rawAttempts(url.host, key);
  await Promise.all(
    attempts.map(async ({ name, bytes, pieces, pauseMs }, i) => {
      const answer = await exchange(url, bytes, {
        hangMs,
        ...(pieces === undefined ? {} : { pieces }),
        ...(pauseMs === undefined ? {} : { pauseMs }),
      });
      const wrong = [...judge(answer, null)];
      if (answer.received.includes("limits.timeout_ms"))
        wrong.push("a request that was hidden in another's body was answered");
      record(-1 - i, `raw ${name}`, bytes, answer, wrong);
    }),
  );
}

function printable(bytes: Buffer): string {
  const text = bytes.subarray(0, 1500).toString("latin1");
  return JSON.stringify(text.replace(/Bearer hsr_\S+/g, "Bearer …"));
}
