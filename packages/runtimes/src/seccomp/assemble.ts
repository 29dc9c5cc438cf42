import { type Instruction, opcode } from "./bpf.ts";
import type { Decision, Test } from "./decision.ts";
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

/**
 * Turns a graph of decisions into instructions. Classic BPF jumps forward only, so the program is written from its end:
 * everything that a node jumps to is already there when the node is written, and its distance is known.
 */
export const assemble = (root: Decision): readonly Instruction[] => {
  /** Last instruction first. A place is counted from the program's end, so it never changes. */
  const reversed: Instruction[] = [];
  /** Where a node starts, with its load and without (for those who come with the word already loaded). */
  const written = new Map<Decision, { readonly start: number; readonly loaded: number }>();

  const push = (code: number, k: number, jt = 0, jf = 0): number => reversed.push({ code, jt, jf, k }) - 1;

  /** A place for `target` within reach of an instruction that will be written after `more` others. */
  const reach = (target: Decision, place: number, more: number): number => {
    if (reversed.length + more - place - 1 <= farthestBranch) return place;
    // A verdict is repeated, since that is as short as a jump to it.
    if (target.kind === "verdict") {
      const copy = push(opcode.ret, returnValue(target.action));
      written.set(target, { start: copy, loaded: copy });
      return copy;
    }
    return push(opcode.jump, reversed.length - place - 1);
  };

  const write = (node: Decision): void => {
    if (written.has(node)) return;
    if (node.kind === "verdict") {
      const place = push(opcode.ret, returnValue(node.action));
      written.set(node, { start: place, loaded: place });
      return;
    }
    write(node.yes);
    write(node.no);
    const entry = (child: Decision): number => {
      const places = written.get(child);
      if (!places) throw new Error("a child is written before its parent");
      const keepsWord = child.kind === "test" && child.offset === node.offset && node.mask === allOnes;
      return keepsWord ? places.loaded : places.start;
    };
    // Reaching one child may add an instruction, so the other is measured with room for it.
    const yes = reach(node.yes, entry(node.yes), 1);
    const no = reach(node.no, entry(node.no), 0);
    const distance = (place: number): number => reversed.length - place - 1;
    const jump = push(jumpCode[node.op], node.operand, distance(yes), distance(no));
    const loaded = node.mask === allOnes ? jump : push(opcode.and, node.mask);
    const start = push(opcode.loadWord, node.offset);
    written.set(node, { start, loaded });
  };

  write(root);
  return reversed.reverse();
};
