/** What was selected or decided, as a line in which equal things are equal texts: places of rules stay out. */
import type { Verdict } from "./decision.ts";
import type { Judgement } from "./judge.ts";
import type { Selection } from "./strategy.ts";

export function describeSelection(selection: Selection): string {
  if (selection.denied !== null) return "denied";
  const limits = Object.entries(selection.limits).map(([name, most]) => `${name} at most ${most}`);
  return [
    selection.runtime === null ? selection.level : `${selection.level} (${selection.runtime})`,
    ...(selection.approval === null ? [] : ["after approval"]),
    ...limits.sort(),
    ...(selection.network === "open" ? [] : [`network ${selection.network}`]),
    ...(selection.syscallProfile === "default" ? [] : [`system calls ${selection.syscallProfile}`]),
  ].join(", ");
}

export function describeVerdict(verdict: Verdict): string {
  if (verdict.kind === "refuse") return `refused: ${verdict.refusal.code}`;
  const decision = verdict.kind === "allow" ? verdict.decision : verdict.held;
  const limits = Object.entries(decision.limits).map(([name, most]) => `${name} ${most}`);
  const held = verdict.kind === "hold" ? "after approval, " : "";
  return `${held}${decision.runtime} (${decision.level}), ${limits.join(", ")}`;
}

export function describeJudgement(judgement: Judgement): string {
  if (judgement.kind === "refuse") return `refused: ${judgement.refusal.code}`;
  const { verdict, timeoutMs, outputBytes } = judgement.kind === "hold" ? judgement.held : judgement.decision;
  const held = judgement.kind === "hold" ? "after approval, " : "";
  return `${held}${verdict}, wallMs ${timeoutMs ?? "of its sandbox"}, outputBytes ${outputBytes}`;
}
