/** Branches and loops: every arm is taken, a body is looked at once, and loops over what is known are followed round by round. */
import type { Expr, Stmt } from "../ir.ts";
import { type Changes, noChanges } from "../names.ts";
import { madeOf } from "../self-made.ts";
import { anyOf, noOrigins, originsOf, selfMade, unknown, unknownFrom, type Value } from "../value.ts";
import { assign } from "./assign.ts";
import { blur } from "./blur.ts";
import type { End, Frame, Walk } from "./frame.ts";
import { binary, itemsOf, truthOf } from "./operate.ts";
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
  /** Whether a test since the last look could not be decided. */
  #undecided = false;

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

  /**
   * Runs the body of a function: loops around its call are none of its own. `decided` says that all that it is given is known, so
   * that its tests decide which way it goes.
   */
  apart(decided: boolean, run: () => void): void {
    const followed = this.#followed;
    const leastLeft = this.#leastLeft;
    const undecided = this.#undecided;
    this.#followed = decided ? 1 : 0;
    this.#leastLeft = 0;
    try {
      run();
    } finally {
      this.#followed = followed;
      this.#leastLeft = leastLeft;
      this.#undecided = undecided;
    }
  }

  /** Looks once at statements that are passed over, for what they do. */
  aside(body: readonly Stmt[], frame: Frame): void {
    const [first] = body;
    if (first === undefined || this.#armsSeen.has(first.start)) return;
    this.#armsSeen.add(first.start);
    frame.scope.names.tried(() => this.#walk.block(body, { ...frame, returns: [], yields: [] }));
  }

  branches(stmt: Extract<Stmt, { do: "branches" }>, frame: Frame): End {
    const { value, block } = this.#walk;
    const { names } = frame.scope;
    const tests = stmt.tests.map((each) => value(each, frame));
    const taken = this.isFollowed && tests.length > 0 ? firstTrue(tests) : null;
    if (taken !== null) {
      // Where all is known the taken arm decides; the others are looked at once for what they do.
      for (const [index, arm] of stmt.arms.entries()) if (index !== taken) this.aside(arm, frame);
      return block(stmt.arms[taken] ?? [], frame);
    }
    if (tests.length > 0) this.#undecided = true;
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

  /** `switch` and `match`: the arm whose value it is, where that is known, and otherwise all of them. */
  choose(stmt: Extract<Stmt, { do: "switch" }>, frame: Frame): End {
    const { value, block } = this.#walk;
    const { names } = frame.scope;
    const subject = value(stmt.subject, frame);
    if (!stmt.falls) names.set("\0subject", subject);
    const taken = this.isFollowed ? this.#armFor(subject, stmt, frame) : null;
    if (taken !== null) {
      for (const [index, arm] of stmt.arms.entries()) if (index !== taken) this.aside(arm.body, frame);
      for (const arm of stmt.arms.slice(taken, stmt.falls ? undefined : taken + 1)) {
        const end = block(arm.body, frame);
        if (end !== null) return end === "left" && stmt.falls ? null : end;
      }
      return null;
    }
    this.#undecided = true;
    const ways: Changes[] = [noChanges];
    for (const arm of stmt.arms) ways.push(names.tried(() => block(arm.body, frame)).changes);
    names.meet(ways);
    return null;
  }

  /** The arm that a value leads to; `null` where that is not known, and the number of arms where none does. */
  #armFor(subject: Value, { arms }: Extract<Stmt, { do: "switch" }>, frame: Frame): number | null {
    const { value, dialect } = this.#walk;
    let other = arms.length;
    for (const [index, { test }] of arms.entries()) {
      if (test === null) {
        other = index;
        continue;
      }
      const isIt = truthOf(binary("==", subject, value(test, frame), dialect.language));
      if (isIt === null) return null;
      if (isIt) return index;
    }
    return other;
  }

  loopOver({ target, over, body }: Extract<Stmt, { do: "for" }>, frame: Frame): End {
    const { session, dialect, value, block } = this.#walk;
    const all = value(over, frame);
    const items = itemsOf(all, dialect.language);
    let ended: End = null;
    if (items !== null && items.length > 0 && items.length <= mostRounds && session.left > items.length * 20)
      this.#follow(mostForSteps, (mayGoOn) => {
        // Decoders are short; of a long body a few rounds show what it does, and the last item stands for the rest.
        const most = isShort(body) ? items.length : Math.min(items.length, mostLongRounds);
        let followed = most;
        for (const [round, item] of items.slice(0, most).entries()) {
          assign(target, item, frame, this.#walk);
          const end = block(body, frame);
          if (end === "returned") {
            ended = end;
            return;
          }
          if (end === "left") return;
          if (!session.step()) break;
          if (!mayGoOn()) {
            followed = round + 1;
            break;
          }
        }
        if (followed < items.length) {
          assign(target, anyOf(items.slice(followed)), frame, this.#walk);
          block(body, frame);
          blur(body, frame, selfMade.computed, "set");
        }
      });
    else {
      assign(target, someItem(all, dialect), frame, this.#walk);
      this.#once(frame, () => block(body, frame));
      if (items === null || items.length > 1)
        blur(body, frame, originsOf(madeOf(unknownFrom(originsOf(all)), [all])), "grown");
    }
    return ended;
  }

  loopWhile({ test, body, step }: Extract<Stmt, { do: "while" }>, frame: Frame): End {
    const { value, block } = this.#walk;
    const holds = test === null ? unknown : value(test, frame);
    const isEndless = test === null || test.op === "const" || isAlwaysTrue(test);
    let ended: End = null;
    if (!isEndless && truthOf(holds) === true) {
      this.#follow(mostWhileSteps, (mayGoOn) => {
        const isIdle = idleness();
        for (let round = 0; round < mostRounds; round += 1) {
          const end = block(body, frame);
          if (end === "returned") ended = end;
          if (end === "returned" || end === "left") return;
          block(step, frame);
          const again = value(test, frame);
          const goesOn = truthOf(again);
          if (goesOn === false) return;
          if (goesOn === null || isIdle(again) || !mayGoOn()) break;
        }
        blur(body, frame, selfMade.computed, "set");
      });
      return ended;
    }
    if (isEndless && truthOf(holds) !== false && body.some(decides)) {
      this.#endless += 1;
      this.#follow(mostWhileSteps, (mayGoOn) => {
        for (let round = 0; round < mostRounds; round += 1) {
          this.#undecided = false;
          const end = block(body, frame);
          if (end === "returned") ended = end;
          if (end === "returned" || end === "left") return;
          block(step, frame);
          if (this.#undecided || !mayGoOn()) break;
        }
        blur(body, frame, noOrigins, "grown");
      });
      this.#endless -= 1;
      return ended;
    }
    const isOpen = isEndless && truthOf(holds) !== false;
    if (isOpen) this.#endless += 1;
    this.#once(frame, () => {
      block(body, frame);
      block(step, frame);
    });
    if (isOpen) this.#endless -= 1;
    if (truthOf(holds) !== false) blur(body, frame, originsOf(holds), "grown");
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

/** The first test that holds, where those before it do not; `null` where that is not known. */
function firstTrue(tests: readonly Value[]): number | null {
  for (const [index, test] of tests.entries()) {
    const truth = truthOf(test);
    if (truth === null) return null;
    if (truth) return index;
  }
  return tests.length;
}

/** `while (!![])` and its like. */
function isAlwaysTrue(test: Expr): boolean {
  return test.op === "unary" && (test.of.op === "const" || test.of.op === "list" || isAlwaysTrue(test.of));
}

/** Whether a statement chooses a way: what a loop without an end of its own ends by. */
function decides(stmt: Stmt): boolean {
  return stmt.do === "switch" || (stmt.do === "branches" && stmt.tests.length > 0);
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
