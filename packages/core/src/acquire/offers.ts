/** What this host offers, found by trying: the runtimes in the order of cost, with their last probe. */
import type { RuntimeOffer } from "../decide/decision.ts";
import type { Log, Metrics } from "../observe.ts";
import type { ProbeReport, Runtime } from "../ports.ts";
import type { RuntimeName } from "../types.ts";

/** A runtime and what its last probe saw. */
export interface ProbedRuntime {
  readonly runtime: Runtime;
  readonly report: ProbeReport;
}

const notProbed: ProbeReport = {
  available: false,
  reason: "It has not been tried yet.",
  hint: "Ask again in a moment.",
  notes: [],
};

export class Offers {
  readonly #runtimes: readonly Runtime[];
  readonly #reports = new Map<RuntimeName, ProbeReport>();
  readonly #log: Log;
  readonly #metrics: Metrics;
  #current: readonly RuntimeOffer[];

  constructor(runtimes: readonly Runtime[], log: Log, metrics: Metrics) {
    this.#runtimes = runtimes;
    this.#log = log;
    this.#metrics = metrics;
    this.#current = this.#offers();
  }

  /** What a decision may choose from now. */
  get current(): readonly RuntimeOffer[] {
    return this.#current;
  }

  list(): readonly ProbedRuntime[] {
    return this.#runtimes.map((runtime) => ({ runtime, report: this.#reports.get(runtime.name) ?? notProbed }));
  }

  runtime(name: RuntimeName): Runtime | null {
    return this.#runtimes.find((runtime) => runtime.name === name) ?? null;
  }

  /** Tries every runtime. Never rejects: a probe that fails is a runtime that is not available. */
  async probe(): Promise<void> {
    await Promise.all(
      this.#runtimes.map(async (runtime) => {
        const before = this.#reports.get(runtime.name)?.available;
        const report = await runtime.probe().catch((thrown: unknown): ProbeReport => {
          this.#log.error({ err: thrown, runtime: runtime.name }, "probe failed");
          return {
            available: false,
            reason: "Its probe failed.",
            hint: "The log of the gateway has the cause.",
            notes: [],
          };
        });
        this.#reports.set(runtime.name, report);
        this.#metrics.set("hsr_runtime_available", { runtime: runtime.name }, report.available ? 1 : 0);
        if (before !== report.available) this.#log.info({ runtime: runtime.name, report }, "runtime probed");
      }),
    );
    this.#current = this.#offers();
  }

  #offers(): readonly RuntimeOffer[] {
    return this.list().map(({ runtime, report }) => ({
      name: runtime.name,
      available: report.available,
      reason: report.available ? "" : report.reason,
      hint: report.available ? "" : report.hint,
      capabilities: {
        levels: runtime.capabilities.levels,
        roots: runtime.capabilities.roots,
        networkModes: runtime.capabilities.networkModes,
        enforces: runtime.capabilities.enforces,
      },
    }));
  }
}
