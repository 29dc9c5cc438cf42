import type { CompileOptions } from "./compile.ts";

const ENOSYS = 38;

/** How the filters that HSR ships are compiled. */
export const shippedOptions: CompileOptions = { newerCalls: { kind: "errno", errno: ENOSYS } };
