/** The one writer: units of writing wait for the end of the tick and share a transaction. */
import type { DatabaseSync } from "node:sqlite";
import { StoreError } from "@hsr/core";
import { isDamage } from "./database.ts";

/**
 * How long one transaction may hold the event loop before it commits and lets others run. Several times what a unit
 * takes, so that bursts share commits; well under the 10 ms that the loop may ever stand still.
 */
const transactionBudgetMs = 2;
/** Writes that may wait. Far more than requests that can be open; beyond it something is badly wrong. */
const pendingLimit = 50_000;

/** A place where tests may kill the process: an operation and how far it has come. */
export type FaultPoint = `${string}.${"begun" | "written" | "committed"}`;

export interface WriterOptions {
  readonly database: DatabaseSync;
  /** Told of each transaction or read that held the event loop. */
  readonly observe: (operation: string, milliseconds: number) => void;
  /** Test builds kill the process here. */
  readonly fault: (point: FaultPoint) => void;
  /** Called when a unit or a transaction was rolled back: whoever keeps derived values in memory reads them again. */
  readonly onRollback: () => void;
  /** Called after each commit, before those who wrote are told. */
  readonly onCommit: () => void;
  /** Called when the database turned out to be damaged. */
  readonly onDamage: (reason: string) => void;
}

interface Unit {
  readonly operation: string;
  readonly work: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export class Writer {
  readonly #options: WriterOptions;
  readonly #statements: { readonly [Name in "savepoint" | "release" | "undo" | "begin" | "commit"]: () => void };
  #pending: Unit[] = [];
  #scheduled = false;
  #closed = false;

  constructor(options: WriterOptions) {
    this.#options = options;
    const prepared = (sql: string): (() => void) => {
      const statement = options.database.prepare(sql);
      return () => void statement.run();
    };
    this.#statements = {
      begin: prepared("BEGIN IMMEDIATE"),
      commit: prepared("COMMIT"),
      savepoint: prepared("SAVEPOINT unit"),
      release: prepared("RELEASE unit"),
      undo: prepared("ROLLBACK TO unit"),
    };
  }

  /** Runs `work` in the next transaction; resolves with its result once that is committed. */
  write<Result>(operation: string, work: () => Result): Promise<Result> {
    if (this.#closed) return Promise.reject(new StoreError("closed", "the store is closed"));
    if (this.#pending.length >= pendingLimit)
      return Promise.reject(new StoreError("busy", "too many writes are waiting"));
    return new Promise<Result>((resolve, reject) => {
      this.#pending.push({ operation, work, resolve: (value) => resolve(value as Result), reject });
      this.#schedule();
    });
  }

  /** Writes everything that waits, then refuses what comes. */
  close(): void {
    this.#closed = true;
    while (this.#pending.length > 0) this.#transact();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#pending.length > 0) this.#transact();
      if (this.#pending.length > 0) this.#schedule();
    });
  }

  #transact(): void {
    const { fault, observe } = this.#options;
    const start = performance.now();
    const done: { readonly unit: Unit; readonly result: unknown }[] = [];
    let taken = 0;
    try {
      this.#statements.begin();
      for (const unit of this.#pending) {
        taken += 1;
        fault(`${unit.operation}.begun`);
        const outcome = this.#attempt(unit);
        if (outcome !== null) done.push({ unit, result: outcome.result });
        fault(`${unit.operation}.written`);
        if (performance.now() - start > transactionBudgetMs) break;
      }
      this.#statements.commit();
    } catch (thrown) {
      const error = this.#explain(thrown);
      // A transaction that could not begin fails everything that was meant for it, and nothing stays to spin on.
      const failed = this.#pending.splice(0, Math.max(taken, 1));
      if (this.#options.database.isTransaction) this.#options.database.exec("ROLLBACK");
      this.#options.onRollback();
      for (const unit of failed) unit.reject(error);
      return;
    }
    this.#pending.splice(0, taken);
    observe("commit", performance.now() - start);
    this.#options.onCommit();
    for (const { unit, result } of done) {
      fault(`${unit.operation}.committed`);
      unit.resolve(result);
    }
  }

  /** One unit under a savepoint, unless it is alone: then the transaction is its savepoint. `null` when it failed alone and was undone; throws when the whole transaction is lost. */
  #attempt(unit: Unit): { readonly result: unknown } | null {
    if (this.#pending.length === 1) return { result: unit.work() };
    this.#statements.savepoint();
    try {
      const result = unit.work();
      this.#statements.release();
      return { result };
    } catch (thrown) {
      if (!this.#options.database.isTransaction || isDamage(thrown)) throw thrown;
      this.#statements.undo();
      this.#statements.release();
      this.#options.onRollback();
      unit.reject(this.#explain(thrown));
      return null;
    }
  }

  /** SQLite's error as ours. A `TypeError` is a programmer's and stays what it is. */
  #explain(thrown: unknown): unknown {
    return explain(thrown, this.#options.onDamage);
  }
}

/** Turns what SQLite throws into a `StoreError`; other errors stay what they are. */
export function explain(thrown: unknown, onDamage: (reason: string) => void): unknown {
  if (!(thrown instanceof Error) || !("errcode" in thrown)) return thrown;
  if (isDamage(thrown)) {
    onDamage(thrown.message);
    return new StoreError("damaged", "the database is damaged", { cause: thrown });
  }
  const code = Number(thrown.errcode) & 0xff;
  if (code === 13) return new StoreError("full", "the disk of the data directory is full", { cause: thrown });
  if (code === 5 || code === 6) return new StoreError("busy", "the database is locked", { cause: thrown });
  return new StoreError("failed", "the database refused a statement", { cause: thrown });
}
