/** Classic BPF, as much of it as a seccomp filter may use. */

/** One `struct sock_filter`. */
export interface Instruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** Opcodes: class, size or operation, and mode or source, from <linux/bpf_common.h>. */
export const opcode = {
  loadWord: 0x20, // BPF_LD | BPF_W | BPF_ABS
  and: 0x54, // BPF_ALU | BPF_AND | BPF_K
  jump: 0x05, // BPF_JMP | BPF_JA
  jumpEqual: 0x15, // BPF_JMP | BPF_JEQ | BPF_K
  jumpGreater: 0x25, // BPF_JMP | BPF_JGT | BPF_K
  jumpGreaterEqual: 0x35, // BPF_JMP | BPF_JGE | BPF_K
  jumpSet: 0x45, // BPF_JMP | BPF_JSET | BPF_K
  ret: 0x06, // BPF_RET | BPF_K
} as const;

/** Offsets in `struct seccomp_data` on a little-endian machine. */
export const dataOffset = {
  number: 0,
  arch: 4,
  argLow: (index: number): number => 16 + 8 * index,
  argHigh: (index: number): number => 20 + 8 * index,
} as const;

/** The kernel's limit (`BPF_MAXINSNS`) on one filter. */
export const maxInstructions = 4096;

const bytesPerInstruction = 8;

/** The raw array of `struct sock_filter` that `bwrap --seccomp` and `seccomp(2)` take. */
export const encode = (program: readonly Instruction[]): Uint8Array => {
  const bytes = new DataView(new ArrayBuffer(program.length * bytesPerInstruction));
  program.forEach(({ code, jt, jf, k }, i) => {
    bytes.setUint16(i * bytesPerInstruction, code, true);
    bytes.setUint8(i * bytesPerInstruction + 2, jt);
    bytes.setUint8(i * bytesPerInstruction + 3, jf);
    bytes.setUint32(i * bytesPerInstruction + 4, k, true);
  });
  return new Uint8Array(bytes.buffer);
};

/** The inverse of `encode`, for filters that another program made. */
export const decode = (raw: Uint8Array): readonly Instruction[] => {
  if (raw.length % bytesPerInstruction !== 0) throw new Error("a filter is a whole number of instructions");
  const bytes = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  return Array.from({ length: raw.length / bytesPerInstruction }, (_, i) => ({
    code: bytes.getUint16(i * bytesPerInstruction, true),
    jt: bytes.getUint8(i * bytesPerInstruction + 2),
    jf: bytes.getUint8(i * bytesPerInstruction + 3),
    k: bytes.getUint32(i * bytesPerInstruction + 4, true),
  }));
};
