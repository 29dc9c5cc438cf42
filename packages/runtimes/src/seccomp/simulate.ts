import { dataOffset, type Instruction, maxInstructions, opcode } from "./bpf.ts";

/** What a filter sees of a call: `struct seccomp_data`. */
export interface Call {
  readonly arch: number;
  readonly number: number;
  /** Up to six arguments of 64 bits; the rest are 0. */
  readonly args: readonly bigint[];
}

const dataBytes = 64;

const dataOf = ({ arch, number, args }: Call): DataView => {
  const data = new DataView(new ArrayBuffer(dataBytes));
  data.setUint32(dataOffset.number, number, true);
  data.setUint32(dataOffset.arch, arch, true);
  args.slice(0, 6).forEach((arg, i) => {
    data.setBigUint64(dataOffset.argLow(i), arg, true);
  });
  return data;
};

/** Throws on whatever the kernel would refuse to install (of what compilers of seccomp filters produce). */
export const checkProgram = (program: readonly Instruction[]): void => {
  if (program.length === 0 || program.length > maxInstructions) throw new Error(`${program.length} instructions`);
  program.forEach(({ code, jt, jf, k }, at) => {
    if (jt > 255 || jf > 255) throw new Error(`instruction ${at} branches farther than a byte says`);
    const farthest = at + 1 + (code === opcode.jump ? k : Math.max(jt, jf));
    if (farthest >= program.length && code !== opcode.ret) throw new Error(`instruction ${at} leaves the program`);
    if (code === opcode.loadWord && (k % 4 !== 0 || k >= dataBytes))
      throw new Error(`instruction ${at} loads from ${k}`);
    if (!Object.values<number>(opcode).includes(code)) throw new Error(`instruction ${at}: code ${code} is not known`);
  });
  if (program.at(-1)?.code !== opcode.ret) throw new Error("the program does not end with a return");
};

/** Runs a checked program on a call, as the kernel would: the `SECCOMP_RET_…` value, and how many instructions it took. */
export const trace = (
  program: readonly Instruction[],
  call: Call,
): { readonly value: number; readonly steps: number } => {
  const data = dataOf(call);
  let accumulator = 0;
  for (let at = 0, steps = 1; ; at++, steps++) {
    const instruction = program[at];
    if (instruction === undefined) throw new Error("fell off the program");
    const { code, jt, jf, k } = instruction;
    switch (code) {
      case opcode.loadWord:
        accumulator = data.getUint32(k, true);
        break;
      case opcode.and:
        accumulator = (accumulator & k) >>> 0;
        break;
      case opcode.jump:
        at += k;
        break;
      case opcode.jumpEqual:
        at += accumulator === k ? jt : jf;
        break;
      case opcode.jumpGreater:
        at += accumulator > k ? jt : jf;
        break;
      case opcode.jumpGreaterEqual:
        at += accumulator >= k ? jt : jf;
        break;
      case opcode.jumpSet:
        at += (accumulator & k) !== 0 ? jt : jf;
        break;
      case opcode.ret:
        return { value: k, steps };
      default:
        throw new Error(`code ${code} is not known`);
    }
  }
};

/** The `SECCOMP_RET_…` value of a call. */
export const simulate = (program: readonly Instruction[], call: Call): number => trace(program, call).value;
