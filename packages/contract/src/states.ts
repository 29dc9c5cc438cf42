/** The states of a run, each with a sentence. `docs/api-conventions.md` prints this table. */
export const runStates = {
  held: "Waits for a person's approval.",
  queued: "Accepted and stored; waits for a free place.",
  starting: "A sandbox is being started for it.",
  running: "Its program has been started.",
  finished: "It has ended; its reason and result are final.",
} as const;
export type RunState = keyof typeof runStates;

/** Every transition that exists. `queued` is reached again only when a gateway died before the program had started. */
export const runTransitions: { readonly [State in RunState]: readonly RunState[] } = {
  held: ["queued", "finished"],
  queued: ["starting", "finished"],
  starting: ["running", "queued", "finished"],
  running: ["finished"],
  finished: [],
};

/** Whether the table has this transition. */
export function mayBecome(from: RunState, to: RunState): boolean {
  return runTransitions[from].includes(to);
}

/** The states of a sandbox. Runs pass through the first three and the last three; the others come with living sandboxes. */
export const sandboxStates = [
  "pending",
  "starting",
  "running",
  "pausing",
  "paused",
  "resuming",
  "snapshotting",
  "stopping",
  "ended",
  "failed",
  "lost",
] as const;
export type SandboxState = (typeof sandboxStates)[number];

/** Why a run ended: a closed list, each with a sentence. */
export const runReasons = {
  exited: "The program ended by itself; `exit_code` has its status.",
  signaled: "A signal ended the program that neither the gateway nor a limit had sent; `signal` has its name.",
  timeout: "The wall-clock limit was reached and everything in the sandbox was killed.",
  out_of_memory: "The memory limit was reached and the kernel killed a process of the sandbox.",
  output_limit: 'More output came than `output_limit_bytes`, and the request said `on_output_limit: "kill"`.',
  cancelled: "The caller cancelled it, or went away from a run that was not detached.",
  killed: "The operator or the gateway ended it.",
  denied: "Policy refused it; nothing was started.",
  setup_failed: "The program was never started; `error` says why and whose fault it is.",
  lost: "The sandbox vanished, for instance because its launcher died; what is known of its output is kept.",
} as const;
export type RunReason = keyof typeof runReasons;
