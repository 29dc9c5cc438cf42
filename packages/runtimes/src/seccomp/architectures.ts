import { aarch64 } from "./gen/syscalls-aarch64.ts";
import { x86_64 } from "./gen/syscalls-x86_64.ts";

/** A machine for which filters can be compiled. */
export type Architecture = "x86_64" | "aarch64";

/** What the compiler has to know of a machine. Both are little-endian, so an argument's low word comes first. */
export interface ArchitectureFacts {
  /** Name in a profile's `architectures`. */
  readonly profileName: string;
  /** `AUDIT_ARCH_…`, what the kernel puts into `seccomp_data.arch` for a call through the native door. */
  readonly auditArch: number;
  readonly calls: Readonly<Record<string, number>>;
  /** The bit that marks an x32 call; those use the same audit arch as native ones and would slip past a naive table. */
  readonly foreignBit: number | null;
}

/** Every architecture that filters are made for. */
export const architectures: Readonly<Record<Architecture, ArchitectureFacts>> = {
  x86_64: { profileName: "SCMP_ARCH_X86_64", auditArch: 0xc000003e, calls: x86_64, foreignBit: 0x40000000 },
  aarch64: { profileName: "SCMP_ARCH_AARCH64", auditArch: 0xc00000b7, calls: aarch64, foreignBit: null },
};

/** True for a name that is a system call on at least one architecture. */
export const isKnownCall = (name: string): boolean =>
  Object.values(architectures).some(({ calls }) => Object.hasOwn(calls, name));
