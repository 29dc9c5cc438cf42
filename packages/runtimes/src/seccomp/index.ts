/** Seccomp profiles in the OCI format, compiled to classic BPF: see docs/seccomp.md. */
export { type Architecture, architectures } from "./architectures.ts";
export { returnValue } from "./assemble.ts";
export { decode, encode, type Instruction } from "./bpf.ts";
export { type CompiledFilter, type CompileOptions, compile } from "./compile.ts";
export { type Action, type Condition, type Operator, type Profile, ProfileError, parseProfile } from "./profile.ts";
export { shippedOptions } from "./shipped.ts";
export { type Call, checkProgram, simulate } from "./simulate.ts";
