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

/** The states of a sandbox, each with a sentence. Those of pausing and snapshots are reached by no sandbox of this version. */
export const sandboxStates = {
  pending: "Accepted and stored; waits for a free place, or for a person's approval: `decision.approval` says so.",
  starting: "It is being started.",
  running: "Its agent answers; programs can be started in it.",
  pausing: "It is being frozen.",
  paused: "It is frozen and uses no processor.",
  resuming: "It is being thawed.",
  snapshotting: "A copy of it is being made.",
  stopping: "It is being ended; nothing new is started in it.",
  ended: "It was ended: by its caller, by a time limit, or by the operator.",
  failed: "It never came up, or ended by itself; `reason` says why.",
  lost: "It vanished, for instance because its launcher died.",
} as const;
export type SandboxState = keyof typeof sandboxStates;

/** Every transition that exists. `pending` is reached again only when a gateway died before the sandbox had started. */
export const sandboxTransitions: { readonly [State in SandboxState]: readonly SandboxState[] } = {
  pending: ["starting", "stopping", "ended", "failed"],
  starting: ["running", "pending", "stopping", "failed", "lost"],
  running: ["pausing", "snapshotting", "stopping", "failed", "lost"],
  pausing: ["paused", "running", "stopping", "failed", "lost"],
  paused: ["resuming", "snapshotting", "stopping", "failed", "lost"],
  resuming: ["running", "stopping", "failed", "lost"],
  snapshotting: ["running", "paused", "stopping", "failed", "lost"],
  stopping: ["ended", "lost"],
  ended: [],
  failed: [],
  lost: [],
};

/** Whether the table has this transition. */
export function sandboxMayBecome(from: SandboxState, to: SandboxState): boolean {
  return sandboxTransitions[from].includes(to);
}

/** Whether nothing comes after this state. */
export function isSandboxOver(state: SandboxState): boolean {
  return sandboxTransitions[state].length === 0;
}

/** Why a sandbox ended: a closed list, each with a sentence. */
export const sandboxReasons = {
  deleted: "Its caller ended it.",
  expired: "Its time to live was over.",
  idle_timeout: "Nothing ran in it and nobody called it for `idle_timeout_ms`.",
  out_of_memory: "The memory limit was reached and the kernel killed the sandbox's own agent.",
  exited: "Its agent ended by itself.",
  killed: "The operator or the gateway ended it.",
  denied: "Policy refused it, or a person did, or nobody answered in time; nothing was started.",
  replaced: "A stronger sandbox took its place, with its name and its files.",
  setup_failed: "It never came up; `error` says why and whose fault it is.",
  lost: "It vanished, for instance because its launcher died.",
} as const;
export type SandboxReason = keyof typeof sandboxReasons;

/** The states of an execution, each with a sentence. */
export const executionStates = {
  held: "Waits for a person's approval.",
  starting: "Its program is being started.",
  running: "Its program has been started.",
  finished: "It has ended; its reason and result are final.",
} as const;
export type ExecutionState = keyof typeof executionStates;

/** Why a run or an execution ended: a closed list, each with a sentence. */
export const runReasons = {
  exited: "The program ended by itself; `exit_code` has its status.",
  signaled: "A signal ended the program that neither the gateway nor a limit had sent; `signal` has its name.",
  timeout: "The wall-clock limit was reached and everything in the sandbox was killed.",
  out_of_memory: "The memory limit was reached and the kernel killed a process of the sandbox.",
  output_limit: 'More output came than `output_limit_bytes`, and the request said `on_output_limit: "kill"`.',
  cancelled: "The caller cancelled it, or went away from a run that was not detached.",
  killed: "The operator or the gateway ended it.",
  denied: "Policy refused it, or a person did, or nobody answered in time; nothing was started.",
  setup_failed: "The program was never started; `error` says why and whose fault it is.",
  lost: "The sandbox vanished, for instance because its launcher died; what is known of its output is kept.",
} as const;
export type RunReason = keyof typeof runReasons;
