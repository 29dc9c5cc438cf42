type Cell = number | string;

const names = /\b([A-Z]+[0-9]+)\b/g;
const allowed = /^[A-Z0-9+\-*/(). ]*$/;

export class Sheet {
  readonly #cells = new Map<string, Cell>();

  set(at: string, value: Cell): void {
    this.#cells.set(at, value);
  }

  value(at: string, seen: ReadonlySet<string> = new Set()): number {
    const cell = this.#cells.get(at) ?? 0;
    if (typeof cell === "number") return cell;
    if (!cell.startsWith("=")) return Number(cell);
    if (seen.has(at)) throw new Error(`${at} depends on itself`);
    const formula = cell.slice(1);
    if (!allowed.test(formula)) throw new Error(`${at}: not a formula`);
    const inner = new Set([...seen, at]);
    const used = [...new Set([...formula.matchAll(names)].map((match) => match[1] ?? ""))];
    const compute = new Function(...used, `"use strict"; return (${formula});`);
    return compute(...used.map((name) => this.value(name, inner))) as number;
  }
}
