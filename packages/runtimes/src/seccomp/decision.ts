/**
 * The decision that a filter makes, as a graph of tests on 32-bit words. Equal nodes are one object, so that the
 * assembler writes each of them once and equality is identity.
 */
import { dataOffset } from "./bpf.ts";
import type { Action, Condition } from "./profile.ts";
import type { Clause } from "./rules.ts";

/** A test of one word of `seccomp_data`, masked first where `mask` is not all ones. */
export interface Test {
  readonly kind: "test";
  readonly id: number;
  readonly offset: number;
  readonly mask: number;
  readonly op: "equal" | "greater" | "greaterEqual" | "anySet";
  readonly operand: number;
  readonly yes: Decision;
  readonly no: Decision;
}

export interface Verdict {
  readonly kind: "verdict";
  readonly id: number;
  readonly action: Action;
}

export type Decision = Test | Verdict;

/** A run of word values `from` (up to the next run's `from`) that share a decision. */
export interface Run {
  readonly from: number;
  readonly decision: Decision;
}

const allOnes = 0xffff_ffff;
const low = (value: bigint): number => Number(value & 0xffff_ffffn);
const high = (value: bigint): number => Number(value >> 32n);

/** How many single values may be tested one by one inside a run before the run is split instead. */
const maxExceptionsPerRun = 4;

/** A mask that leaves this many bits free is spelt out as that many values; beyond it the masked test is shorter. */
const maxSpeltOut = 4;

/**
 * The values of an argument's low word, first to last, for which a clause's condition on it holds; `null` if it has none,
 * or one that does not come down to a few ranges of that word alone.
 */
const rangesFor = (clause: Clause, index: number): readonly (readonly [number, number])[] | null => {
  const condition = clause.conditions.find((one) => one.index === index);
  if (condition?.op !== "MASKED_EQ" || condition.value > BigInt(allOnes) || condition.value === 0n) return null;
  const free = BigInt(allOnes) & ~condition.value;
  if ((free & (free + 1n)) === 0n) return [[low(condition.valueTwo), low(condition.valueTwo | free)]];
  let values = [condition.valueTwo];
  for (let bit = 1n; bit <= free; bit <<= 1n) {
    if ((free & bit) !== 0n) values = values.flatMap((value) => [value, value | bit]);
    if (values.length > maxSpeltOut) return null;
  }
  return values.map((value) => [low(value), low(value)]);
};

/** Makes decisions, sharing equal ones. One per compilation. */
export class Decisions {
  readonly #known = new Map<string, Decision>();

  verdict(action: Action): Decision {
    const key = `${action.kind}:${action.kind === "errno" ? action.errno : ""}`;
    return this.#share(key, (id) => ({ kind: "verdict", id, action }));
  }

  test(offset: number, mask: number, op: Test["op"], operand: number, yes: Decision, no: Decision): Decision {
    if (yes === no) return yes;
    const key = `${offset}/${mask}/${op}/${operand}/${yes.id}/${no.id}`;
    return this.#share(key, (id) => ({ kind: "test", id, offset, mask, op, operand, yes, no }));
  }

  /** One comparison of a 64-bit argument, made of comparisons of its two words. */
  condition({ index, op, value, valueTwo }: Condition, yes: Decision, no: Decision): Decision {
    switch (op) {
      case "EQ":
        return this.#maskedEqual(index, 0xffff_ffff_ffff_ffffn, value, yes, no);
      case "NE":
        return this.#maskedEqual(index, 0xffff_ffff_ffff_ffffn, value, no, yes);
      case "MASKED_EQ":
        return this.#maskedEqual(index, value, valueTwo, yes, no);
      case "GT":
        return this.#above(index, "greater", value, yes, no);
      case "GE":
        return this.#above(index, "greaterEqual", value, yes, no);
      case "LT":
        return this.#above(index, "greaterEqual", value, no, yes);
      case "LE":
        return this.#above(index, "greater", value, no, yes);
    }
  }

  /** The first clause that holds decides, else `otherwise`. Clauses that exclude each other make the order free. */
  clauses(clauses: readonly Clause[], otherwise: Decision): Decision {
    return (
      this.#byOneWord(clauses, otherwise) ??
      clauses.reduceRight<Decision>((rest, { conditions, action }) => {
        const holds = this.verdict(action);
        return conditions.reduceRight<Decision>((yes, condition) => this.condition(condition, yes, rest), holds);
      }, otherwise)
    );
  }

  /** A balanced tree over runs of values of one word. `runs` starts at 0 and ascends. */
  tree(offset: number, runs: readonly Run[]): Decision {
    const merged = runs.filter((run, i) => i === 0 || run.decision !== runs[i - 1]?.decision);
    const leaves: { readonly from: number; readonly base: Decision; readonly exceptions: Run[] }[] = [];
    for (let i = 0; i < merged.length; i++) {
      const run = merged[i] as Run;
      const next = merged[i + 1];
      const leaf = leaves.at(-1);
      const single = next !== undefined && next.from === run.from + 1;
      // One value between two runs of the same decision costs one test as an exception and two as a run.
      if (leaf && single && next.decision === leaf.base && leaf.exceptions.length < maxExceptionsPerRun) {
        leaf.exceptions.push(run);
        i++;
      } else {
        leaves.push({ from: run.from, base: run.decision, exceptions: [] });
      }
    }
    const decisions = leaves.map(({ from, base, exceptions }) => ({
      from,
      decision: exceptions.reduce<Decision>(
        (rest, run) => this.test(offset, allOnes, "equal", run.from, run.decision, rest),
        base,
      ),
    }));
    return this.#balance(offset, decisions);
  }

  #balance(offset: number, runs: readonly Run[]): Decision {
    const [only] = runs;
    if (only === undefined) throw new Error("a tree needs at least one run");
    if (runs.length === 1) return only.decision;
    const middle = runs.length >> 1;
    const right = runs.slice(middle);
    const from = (right[0] as Run).from;
    const yes = this.#balance(offset, right);
    const no = this.#balance(offset, runs.slice(0, middle));
    return this.test(offset, allOnes, "greaterEqual", from, yes, no);
  }

  /**
   * Clauses that all look at the low word of one argument (the kernel reads an `int` there) become one tree over its
   * values: `ioctl` and `prctl` allow dozens of single ones, `socket` goes by family first.
   */
  #byOneWord(clauses: readonly Clause[], otherwise: Decision): Decision | null {
    if (clauses.length < 2) return null;
    const index = [0, 1, 2, 3, 4, 5].find((i) => clauses.every((clause) => rangesFor(clause, i) !== null));
    if (index === undefined) return null;
    const split = clauses.map((clause) => ({
      ranges: rangesFor(clause, index) ?? [],
      rest: { action: clause.action, conditions: clause.conditions.filter((condition) => condition.index !== index) },
    }));
    const starts = new Set([0]);
    for (const [first, last] of split.flatMap(({ ranges }) => ranges)) {
      starts.add(first);
      if (last < allOnes) starts.add(last + 1);
    }
    const runs = [...starts]
      .sort((a, b) => a - b)
      .map((from): Run => {
        const holding = split.filter(({ ranges }) => ranges.some(([first, last]) => first <= from && from <= last));
        return {
          from,
          decision: this.clauses(
            holding.map(({ rest }) => rest),
            otherwise,
          ),
        };
      });
    return this.tree(dataOffset.argLow(index), runs);
  }

  #maskedEqual(index: number, mask: bigint, value: bigint, yes: Decision, no: Decision): Decision {
    const lowWord = this.#maskedWord(dataOffset.argLow(index), low(mask), low(value), yes, no);
    return this.#maskedWord(dataOffset.argHigh(index), high(mask), high(value), lowWord, no);
  }

  #maskedWord(offset: number, mask: number, value: number, yes: Decision, no: Decision): Decision {
    if (mask === 0) return yes;
    if (value === 0 && mask !== allOnes) return this.test(offset, allOnes, "anySet", mask, no, yes);
    return this.test(offset, mask, "equal", value, yes, no);
  }

  #above(index: number, op: "greater" | "greaterEqual", value: bigint, yes: Decision, no: Decision): Decision {
    const lowWord = this.test(dataOffset.argLow(index), allOnes, op, low(value), yes, no);
    const offset = dataOffset.argHigh(index);
    const equal = this.test(offset, allOnes, "equal", high(value), lowWord, no);
    return this.test(offset, allOnes, "greater", high(value), yes, equal);
  }

  #share(key: string, make: (id: number) => Decision): Decision {
    const known = this.#known.get(key);
    if (known) return known;
    const made = make(this.#known.size);
    this.#known.set(key, made);
    return made;
  }
}
