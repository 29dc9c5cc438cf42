/** Who is attached to which terminal, and who of them writes: at most one. */
import { HsrError, terminalLimits } from "@hsr/contract";
import type { ExecutionId } from "@hsr/core";

/** Somebody who is attached. */
export interface Attached {
  /** Somebody else has taken the writer's seat. */
  loseSeat(): void;
  /** The gateway is going away: says so. */
  leave(): void;
  /** Ends at once. */
  end(): void;
}

interface Terminal {
  readonly attached: Set<Attached>;
  writer: Attached | null;
}

export class TerminalSeats {
  readonly #terminals = new Map<ExecutionId, Terminal>();

  /** Throws when the seat that is wanted is another's, or there are too many already. Nothing has changed then. */
  mustHaveRoom(id: ExecutionId, wish: { readonly mode: "write" | "view"; readonly take: boolean }): void {
    const terminal = this.#terminals.get(id);
    if (terminal === undefined) return;
    if (terminal.attached.size >= terminalLimits.viewers.value)
      throw new HsrError("quota_exceeded", { message: "As many are attached to this terminal as may be." });
    if (wish.mode === "write" && terminal.writer !== null && !wish.take) throw new HsrError("seat_taken");
  }

  /** Attaches; whoever wrote until now is told that he does no more. */
  enter(id: ExecutionId, who: Attached, mode: "write" | "view"): void {
    const terminal = this.#terminals.get(id) ?? { attached: new Set(), writer: null };
    this.#terminals.set(id, terminal);
    terminal.attached.add(who);
    if (mode === "view") return;
    terminal.writer?.loseSeat();
    terminal.writer = who;
  }

  leave(id: ExecutionId, who: Attached): void {
    const terminal = this.#terminals.get(id);
    if (terminal === undefined) return;
    terminal.attached.delete(who);
    if (terminal.writer === who) terminal.writer = null;
    if (terminal.attached.size === 0) this.#terminals.delete(id);
  }

  /** Everybody who is attached, to any terminal. */
  all(): readonly Attached[] {
    return [...this.#terminals.values()].flatMap(({ attached }) => [...attached]);
  }
}
