/**
 * The policy in force: one at a time, from the file of the configuration or from the API. Whoever brings in another one
 * waits for its turn; the new rules are read, kept by their digest and noted as a version before they decide anything,
 * and a text with a mistake changes nothing. While one from the API is in force the file is not read, until somebody
 * returns to it.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { HsrError } from "@hsr/contract";
import type { Clock, Log, Metrics, NewAuditEntry, PolicyVersion, Problem, Rules, Store } from "@hsr/core";
import { type RuleSettings, rulesOf } from "../rules.ts";
import { describeProblem, PolicyError } from "./read.ts";

export interface ActivePolicyPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly settings: RuleSettings;
  /** Path of the policy's file. */
  readonly file: string;
}

/** Who changes the policy over the API. */
export interface PolicyAuthor {
  readonly keyId: string;
  readonly tenant: string;
  readonly requestId: string;
  /** The digest of the policy that he thinks is in force. */
  readonly expected: string;
}

/** A change of the file that was not taken. */
export interface RefusedFile {
  readonly atMs: number;
  readonly problems: readonly Problem[];
}

export class ActivePolicy {
  readonly #ports: ActivePolicyPorts;
  #rules: Rules;
  #version: PolicyVersion;
  #refused: RefusedFile | null = null;
  /** The file's text as it was looked at last, so that a mistake is told once. */
  #seen: string | null;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(ports: ActivePolicyPorts, rules: Rules, version: PolicyVersion) {
    this.#ports = ports;
    this.#rules = rules;
    this.#version = version;
    this.#seen = version.source === "file" ? version.text : null;
  }

  /**
   * Takes up the policy of the last start if it came over the API, else reads the file. Throws `PolicyError` when what has
   * to be in force cannot be read: a gateway without its policy must not start.
   */
  static async open(ports: ActivePolicyPorts): Promise<ActivePolicy> {
    const { store, log } = ports;
    const latest = await store.policies.latestVersion();
    ports.metrics.set("hsr_policy_file_refused", {}, 0);
    if (latest?.source === "api") {
      const { rules, text } = rulesOf(ports.settings, { source: placeOf(latest.version), text: latest.text });
      await store.policies.put(rules.digest, text, ports.clock.now());
      log.info(
        { version: latest.version, digest: rules.digest },
        "the policy of the API is in force; the file is not read",
      );
      return new ActivePolicy(ports, rules, { ...latest, digest: rules.digest });
    }
    const written = await readPolicyFile(ports.file);
    const kept = rulesOf(ports.settings, { source: basename(ports.file), text: written });
    await store.policies.put(kept.rules.digest, kept.text, ports.clock.now());
    const version =
      latest !== null && latest.digest === kept.rules.digest ? latest : await note(ports, kept.rules, written, null);
    return new ActivePolicy(ports, kept.rules, version);
  }

  /** What decisions are made by now. */
  get rules(): Rules {
    return this.#rules;
  }

  get version(): PolicyVersion {
    return this.#version;
  }

  get file(): { readonly name: string; readonly refused: RefusedFile | null } {
    return { name: basename(this.#ports.file), refused: this.#refused };
  }

  /** Reads the file again. Never rejects: a file that cannot be taken leaves what is in force, and is told of. */
  reload(): Promise<void> {
    return this.#inTurn(async () => {
      try {
        await this.#reload();
      } catch (err) {
        this.#ports.log.error({ err }, "the policy could not be read again; what was in force stays");
      }
    });
  }

  /** Brings a text into force. Throws `policy_changed` or `policy_invalid`; then nothing has changed. */
  put(text: string, author: PolicyAuthor): Promise<void> {
    return this.#inTurn(async () => {
      this.#expect(author);
      await this.#take("api", text, author);
    });
  }

  /** Brings back a version that was in force before, as a new one. */
  rollBack(version: number, author: PolicyAuthor): Promise<void> {
    return this.#inTurn(async () => {
      this.#expect(author);
      const found = await this.#ports.store.policies.version(version);
      if (found === null) throw new HsrError("not_found", { field: "version" });
      await this.#take("api", found.text, author);
    });
  }

  /** Returns to the file. Changes nothing where it is in force already. */
  useFile(author: PolicyAuthor): Promise<void> {
    return this.#inTurn(async () => {
      this.#expect(author);
      if (this.#version.source === "file") return;
      await this.#take("file", await this.#readFile(), author);
    });
  }

  #expect({ expected }: PolicyAuthor): void {
    if (expected !== this.#rules.digest) throw new HsrError("policy_changed");
  }

  async #reload(): Promise<void> {
    const { version } = this;
    try {
      const text = await this.#readFile();
      const isNew = text !== this.#seen;
      this.#seen = text;
      if (version.source === "api") {
        if (isNew)
          this.#ports.log.warn({ version: version.version }, "the policy file is not in force: that of the API is");
      } else if (text === version.text) this.#accept();
      else if (isNew) await this.#take("file", text, null);
    } catch (thrown) {
      if (version.source === "file") await this.#refuse(thrown);
    }
  }

  /** The file is in force as it is. */
  #accept(): void {
    this.#refused = null;
    this.#ports.metrics.set("hsr_policy_file_refused", {}, 0);
  }

  /** Notes that the file was not taken. */
  async #refuse(thrown: unknown): Promise<void> {
    const { clock, log, metrics, store } = this.#ports;
    const problems = problemsOf(thrown);
    if (problems === null) throw thrown;
    this.#refused = { atMs: clock.now(), problems };
    metrics.set("hsr_policy_file_refused", {}, 1);
    metrics.count("hsr_policy_changes_total", { source: "file", outcome: "refused" });
    const { name } = this.file;
    log.error(
      { problems: problems.map((one) => describeProblem(name, one)), in_force: this.#rules.digest },
      "the policy file is not taken; what was in force stays",
    );
    await store.audit.append(refusedEntry(name, problems, null, this.#rules, clock.now()));
  }

  /** The one way in for new rules: read, kept, noted, in force. */
  async #take(source: "file" | "api", written: string, author: PolicyAuthor | null): Promise<void> {
    const { store, clock, log, metrics, settings } = this.#ports;
    const name = source === "file" ? this.file.name : placeOf(this.#version.version + 1);
    let kept: ReturnType<typeof rulesOf>;
    try {
      kept = rulesOf(settings, { source: name, text: written });
    } catch (thrown) {
      const problems = problemsOf(thrown);
      if (problems === null || author === null) throw thrown;
      metrics.count("hsr_policy_changes_total", { source, outcome: "refused" });
      await store.audit.append(refusedEntry(name, problems, author, this.#rules, clock.now()));
      throw invalidPolicy(problems);
    }
    await store.policies.put(kept.rules.digest, kept.text, clock.now());
    const version = await note(this.#ports, kept.rules, written, author, source);
    this.#rules = kept.rules;
    this.#version = version;
    metrics.count("hsr_policy_changes_total", { source, outcome: "taken" });
    if (source === "file") {
      this.#seen = written;
      this.#accept();
    }
    log.info({ source, version: version.version, digest: version.digest }, "another policy is in force");
  }

  async #readFile(): Promise<string> {
    return await readPolicyFile(this.#ports.file);
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => "its caller hears of it");
    return mine;
  }
}

/** What a caller gets for a text with mistakes: the first in words, all of them as details. */
export function invalidPolicy(problems: readonly Problem[]): HsrError {
  const [first] = problems;
  return new HsrError("policy_invalid", {
    field: "policy",
    ...(first === undefined ? {} : { message: `The policy was not taken: ${describeProblem("policy", first)}` }),
    details: { problems },
  });
}

/** What rules of a policy of the API are called: `api-v3:12`. */
function placeOf(version: number): string {
  return `api-v${version}`;
}

async function readPolicyFile(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "unknown";
    throw new PolicyError(basename(path), [
      {
        line: 1,
        column: 1,
        reason: `the file cannot be read (${code})`,
        hint: "Let the gateway's user read it, or name another file with `policy.file`.",
      },
    ]);
  }
}

function problemsOf(thrown: unknown): readonly Problem[] | null {
  return thrown instanceof PolicyError ? thrown.problems : null;
}

function note(
  { store, clock }: ActivePolicyPorts,
  rules: Rules,
  text: string,
  author: PolicyAuthor | null,
  source: "file" | "api" = "file",
): Promise<PolicyVersion> {
  const atMs = clock.now();
  const textDigest = `sha256:${createHash("sha256").update(text).digest("hex")}`;
  const entry: NewAuditEntry = {
    timeMs: atMs,
    type: "policy.changed",
    tenant: author?.tenant ?? "default",
    subject: rules.digest,
    requestId: author?.requestId ?? null,
    data: { source, by: author?.keyId ?? null, text_digest: textDigest },
  };
  return store.policies.addVersion({ source, digest: rules.digest, text, atMs, keyId: author?.keyId ?? null }, entry);
}

function refusedEntry(
  source: string,
  problems: readonly Problem[],
  author: PolicyAuthor | null,
  inForce: Rules,
  timeMs: number,
): NewAuditEntry {
  return {
    timeMs,
    type: "policy.refused",
    tenant: author?.tenant ?? "default",
    subject: inForce.digest,
    requestId: author?.requestId ?? null,
    data: { by: author?.keyId ?? null, problems: problems.slice(0, 10).map((one) => describeProblem(source, one)) },
  };
}
