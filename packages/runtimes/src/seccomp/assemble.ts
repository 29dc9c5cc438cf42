import { type Instruction, opcode } from "./bpf.ts";
import type { Decision, Test, Verdict } from "./decision.ts";
import type { Action } from "./profile.ts";

/** `SECCOMP_RET_…` with its data. */
export const returnValue = (action: Action): number => {
  switch (action.kind) {
    case "kill_process":
      return 0x8000_0000;
    case "kill_thread":
      return 0x0000_0000;
    case "trap":
      return 0x0003_0000;
    case "errno":
      return 0x0005_0000 | action.errno;
    case "log":
      return 0x7ffc_0000;
    case "allow":
      return 0x7fff_0000;
  }
};

const jumpCode = {
  equal: opcode.jumpEqual,
  greater: opcode.jumpGreater,
  greaterEqual: opcode.jumpGreaterEqual,
  anySet: opcode.jumpSet,
} as const satisfies Record<Test["op"], number>;

const allOnes = 0xffff_ffff;
const farthestBranch = 255;

/** What a test finds already done when a parent jumps to it: nothing, its word loaded, or its word loaded and masked. */
type Entry = "cold" | "loaded" | "masked";

const entryFrom = (parent: Test, child: Test): Entry => {
  if (child.offset !== parent.offset) return "cold";
  if (child.mask === parent.mask) return "masked";
  return parent.mask === allOnes ? "loaded" : "cold";
};

/** The entries that each test needs. What nobody uses is not written. */
const entriesOf = (root: Decision): ReadonlyMap<Test, ReadonlySet<Entry>> => {
  const entries = new Map<Test, Set<Entry>>();
  const visit = (node: Decision, entry: Entry): void => {
    if (node.kind === "verdict") return;
    const known = entries.get(node);
    if (known) {
      known.add(entry);
      return;
    }
    entries.set(node, new Set([entry]));
    for (const child of [node.yes, node.no]) visit(child, child.kind === "test" ? entryFrom(node, child) : "cold");
  };
  visit(root, "cold");
  return entries;
};

/**
 * Turns a graph of decisions into instructions. Classic BPF jumps forward only, so the program is written from its end:
 * everything that a node jumps to is already there when the node is written, and its distance is known.
 */
export const assemble = (root: Decision): readonly Instruction[] => {
  const entries = entriesOf(root);
  /** Last instruction first. A place is counted from the program's end, so it never changes. */
  const reversed: Instruction[] = [];
  const written = new Map<Decision, Readonly<Record<Entry, number>>>();

  const push = (code: number, k: number, jt = 0, jf = 0): number => reversed.push({ code, jt, jf, k }) - 1;
  const distance = (place: number): number => reversed.length - place - 1;

  const writeVerdict = (verdict: Verdict): number => {
    const place = push(opcode.ret, returnValue(verdict.action));
    written.set(verdict, { cold: place, loaded: place, masked: place });
    return place;
  };

  /** A place to jump to for `place`, within reach of an instruction that will be written after `more` others. */
  const reach = (target: Decision, place: number, more: number): number => {
    if (distance(place) + more <= farthestBranch) return place;
    // A verdict is repeated, since that is as short as a jump to it.
    return target.kind === "verdict" ? writeVerdict(target) : push(opcode.jump, distance(place));
  };

  const write = (node: Decision): void => {
    if (written.has(node)) return;
    if (node.kind === "verdict") {
      writeVerdict(node);
      return;
    }
    write(node.yes);
    write(node.no);
    const placeOf = (child: Decision): number => {
      const places = written.get(child);
      if (!places) throw new Error("a child is written before its parent");
      return places[child.kind === "test" ? entryFrom(node, child) : "cold"];
    };
    // Reaching one child may add an instruction, so the other is measured with room for it.
    const yes = reach(node.yes, placeOf(node.yes), 1);
    const no = reach(node.no, placeOf(node.no), 0);
    const used = entries.get(node) ?? new Set<Entry>();
    const masked = push(jumpCode[node.op], node.operand, distance(yes), distance(no));
    const unmasked = used.has("loaded") || used.has("cold");
    const loaded = unmasked && node.mask !== allOnes ? push(opcode.and, node.mask) : masked;
    const cold = used.has("cold") ? push(opcode.loadWord, node.offset) : loaded;
    written.set(node, { cold, loaded, masked });
  };

  write(root);
  return reversed.reverse();
};
