import { type Architecture, architectures } from "./architectures.ts";
import { assemble } from "./assemble.ts";
import { dataOffset, encode, type Instruction, maxInstructions } from "./bpf.ts";
import { Decisions, type Run } from "./decision.ts";
import { type Action, type Profile, ProfileError } from "./profile.ts";
import { resolveRules } from "./rules.ts";

export interface CompileOptions {
  /**
   * What calls get that are newer than the compiler's table. libc asks for a new call first and takes the old one when
   * told ENOSYS; told EPERM it gives up. Absent: the profile's default, as libseccomp does.
   */
  readonly newerCalls?: Action;
  /**
   * What a call of another architecture gets (i386 through `int 0x80`, x32). The default is to kill the process: no
   * program of this sandbox makes one by accident, and a 32-bit program that is told EPERM for everything only goes mad.
   */
  readonly foreignCalls?: Action;
}

export interface CompiledFilter {
  readonly program: readonly Instruction[];
  /** The raw array of `struct sock_filter`. */
  readonly bytes: Uint8Array;
  /** Names in the profile that this architecture does not have. */
  readonly skipped: readonly string[];
}

/** `-1` is what a tracer leaves to skip a call; it carries the x32 bit but is not one (libseccomp agrees). */
const skippedByTracer = 0xffff_ffff;

/** Compiles a profile to classic BPF. The same input gives the same bytes. Throws `ProfileError`. */
export const compile = (profile: Profile, architecture: Architecture, options: CompileOptions = {}): CompiledFilter => {
  const facts = architectures[architecture];
  const { clauses, skipped } = resolveRules(profile, facts);
  const decisions = new Decisions();
  const otherwise = decisions.verdict(profile.defaultAction);
  const foreign = decisions.verdict(options.foreignCalls ?? { kind: "kill_process" });
  const newer = options.newerCalls ? decisions.verdict(options.newerCalls) : otherwise;

  const runs: Run[] = [{ from: 0, decision: otherwise }];
  const startRun = (from: number, decision: Run["decision"]): void => {
    if (runs.at(-1)?.from === from) runs.pop();
    runs.push({ from, decision });
  };
  for (const number of [...clauses.keys()].sort((a, b) => a - b)) {
    startRun(number, decisions.clauses(clauses.get(number) ?? [], otherwise));
    startRun(number + 1, otherwise);
  }
  startRun(Math.max(...Object.values(facts.calls)) + 1, newer);
  if (facts.foreignBit !== null) {
    startRun(facts.foreignBit, foreign);
    startRun(skippedByTracer, otherwise);
  }
  const byNumber = decisions.tree(dataOffset.number, runs);
  const root = decisions.test(dataOffset.arch, 0xffff_ffff, "equal", facts.auditArch, byNumber, foreign);
  const program = assemble(root);
  if (program.length > maxInstructions) {
    throw new ProfileError(`the filter has ${program.length} instructions; the kernel takes ${maxInstructions}`);
  }
  return { program, bytes: encode(program), skipped };
};
