/** Branches and loops: every arm is taken, a body is looked at once, and loops over what is known are followed round by round. */
import type { Stmt } from "../ir.ts";
import { type Changes, noChanges } from "../names.ts";
import { anyOf, unknown, type Value } from "../value.ts";
import { assign } from "./assign.ts";
import type { End, Frame, Walk } from "./frame.ts";
import { itemsOf, truthOf } from "./operate.ts";
import { someItem } from "./parts.ts";

/** Rounds of a loop over known things that are followed. */
export const mostRounds = 512;
/** Rounds of a loop whose body is long. */
const mostLongRounds = 12;
/** Steps that one loop with a condition may take, with the loops in it; decoders need a few for each character. */
const mostWhileSteps = 4000;
/** The same of a loop over known things. */
const mostForSteps = 8000;
/** No loop is followed when fewer steps are left of all. */
const leastSteps = 100;
/** Rounds in which something that a loop empties may get no smaller: it is not seen what ends it. */
const mostIdleRounds = 4;

export class Flow {
  readonly #walk: Walk;
  readonly #armsSeen = new Set<number>();
  /** Loops around what is evaluated that are followed round by round. */
  #followed = 0;
  /** None of them begins another round when fewer steps are left. */
  #leastLeft = 0;
  #endless = 0;

  constructor(walk: Walk) {
    this.#walk = walk;
  }

  /** Whether what is evaluated stands in a loop that is followed round by round: there a `break` ends it. */
  get isFollowed(): boolean {
    return this.#followed > 0;
  }

  /** Whether it stands in a loop that never ends by itself. */
  get isEndless(): boolean {
    return this.#endless > 0;
  }

  /** Runs the body of a function: loops around its call are none of its own. */
  apart(run: () => void): void {
    const followed = this.#followed;
    const leastLeft = this.#leastLeft;
    this.#followed = 0;
    this.#leastLeft = 0;
    try {
      run();
    } finally {
      this.#followed = followed;
      this.#leastLeft = leastLeft;
    }
  }

  branches(stmt: Extract<Stmt, { do: "branches" }>, frame: Frame): End {
    const { value, block } = this.#walk;
    const { names } = frame.scope;
    const tests = stmt.tests.map((each) => value(each, frame));
    const truth = this.isFollowed && tests.length === 1 && tests[0] !== undefined ? truthOf(tests[0]) : null;
    if (truth !== null) {
      // In a loop that is followed round by round the taken arm decides; the other is looked at once for what it does.
      const taken = truth ? 0 : 1;
      const other = stmt.arms[1 - taken];
      const first = other?.[0];
      if (other !== undefined && first !== undefined && !this.#armsSeen.has(first.start)) {
        this.#armsSeen.add(first.start);
        names.tried(() => block(other, { ...frame, returns: [], yields: [] }));
      }
      return block(stmt.arms[taken] ?? [], frame);
    }
    const ways: Changes[] = [];
    for (const arm of stmt.arms) {
      const { result: end, changes } = names.tried(() => block(arm, frame));
      // An arm that leaves does not decide what holds afterwards.
      if (end === null || !this.isFollowed) ways.push(changes);
    }
    if (stmt.arms.length === 1 || stmt.tests.length >= stmt.arms.length) ways.push(noChanges);
    names.meet(ways);
    return null;
  }

  loopOver({ target, over, body }: Extract<Stmt, { do: "for" }>, frame: Frame): End {
    const { session, dialect, value, block } = this.#walk;
    const all = value(over, frame);
    const items = itemsOf(all, dialect.language);
    if (items !== null && items.length > 0 && items.length <= mostRounds && session.left > items.length * 20)
      this.#follow(mostForSteps, (mayGoOn) => {
        // Decoders are short; of a long body a few rounds show what it does, and the last item stands for the rest.
        const most = isShort(body) ? items.length : Math.min(items.length, mostLongRounds);
        let followed = most;
        for (const [round, item] of items.slice(0, most).entries()) {
          assign(target, item, frame, this.#walk);
          const end = block(body, frame);
          if (end === "returned" || !session.step()) break;
          if (!mayGoOn()) {
            followed = round + 1;
            break;
          }
        }
        if (followed < items.length) {
          assign(target, anyOf(items.slice(followed)), frame, this.#walk);
          block(body, frame);
        }
      });
    else {
      assign(target, someItem(all, dialect), frame, this.#walk);
      this.#once(frame, () => block(body, frame));
    }
    return null;
  }

  loopWhile({ test, body, step }: Extract<Stmt, { do: "while" }>, frame: Frame): End {
    const { value, block } = this.#walk;
    const holds = test === null ? unknown : value(test, frame);
    if (test !== null && test.op !== "const" && truthOf(holds) === true) {
      this.#follow(mostWhileSteps, (mayGoOn) => {
        const isIdle = idleness();
        for (let round = 0; round < mostRounds; round += 1) {
          const end = block(body, frame);
          if (end === "returned" || end === "left") return;
          block(step, frame);
          const again = value(test, frame);
          if (truthOf(again) !== true || isIdle(again) || !mayGoOn()) return;
        }
      });
      return null;
    }
    const isEndless = test === null || truthOf(holds) === true;
    if (isEndless) this.#endless += 1;
    this.#once(frame, () => {
      block(body, frame);
      block(step, frame);
    });
    if (isEndless) this.#endless -= 1;
    return null;
  }

  /** Follows a loop round by round, for so many steps together with the loops in it. */
  #follow(mostSteps: number, rounds: (mayGoOn: () => boolean) => void): void {
    const { session } = this.#walk;
    const outer = this.#leastLeft;
    const least = Math.max(outer, leastSteps, session.left - mostSteps);
    this.#leastLeft = least;
    this.#followed += 1;
    try {
      rounds(() => session.left > least);
    } finally {
      this.#followed -= 1;
      this.#leastLeft = outer;
    }
  }

  /** A body that may run or not, any number of times. */
  #once(frame: Frame, run: () => void): void {
    const { names } = frame.scope;
    const { changes } = names.tried(run);
    names.meet([changes, noChanges]);
  }
}

/** A body of a few plain steps, as decoders have. */
function isShort(body: readonly Stmt[]): boolean {
  return body.length <= 4 && body.every((each) => each.do === "expr" || each.do === "assign" || each.do === "yield");
}

/**
 * Watches what a loop empties: `while queue` ends when nothing is left, which is not seen where it is filled again or emptied in a
 * way that is not followed. Asked after every round, it says whether the rounds lead nowhere.
 */
function idleness(): (test: Value) => boolean {
  let least = Number.POSITIVE_INFINITY;
  let idle = 0;
  return (test) => {
    const size = test.k === "list" ? test.items.length : test.k === "dict" ? test.entries.size : null;
    if (size === null) return false;
    idle = size < least ? 0 : idle + 1;
    least = Math.min(least, size);
    return idle >= mostIdleRounds;
  };
}
