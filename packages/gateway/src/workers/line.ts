/** The line in front of the readers: tenants take turns in it, and nobody fills it for the others. */

export interface LineBounds {
  /** Places over all tenants, and bytes of what waits. */
  readonly places: number;
  readonly bytes: number;
}

export class Line<Job> {
  readonly #bounds: LineBounds;
  /** In the order of their turns. */
  readonly #tenants = new Map<string, { readonly job: Job; readonly bytes: number }[]>();
  #size = 0;
  #bytes = 0;

  constructor(bounds: LineBounds) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#size;
  }

  /** `false` where there is no place: over all, or for this tenant, who may have half of what there is. */
  push(tenant: string, job: Job, bytes: number): boolean {
    const own = this.#tenants.get(tenant) ?? [];
    const ownBytes = own.reduce((sum, each) => sum + each.bytes, 0);
    const { places, bytes: most } = this.#bounds;
    if (this.#size >= places || this.#bytes + bytes > most) return false;
    // One that is alone in its line is let in whatever its size: it may be as large as a request.
    if (own.length > 0 && (own.length >= places / 2 || ownBytes + bytes > most / 2)) return false;
    own.push({ job, bytes });
    this.#tenants.set(tenant, own);
    this.#size += 1;
    this.#bytes += bytes;
    return true;
  }

  /** The next one: the first of the tenant whose turn it is. */
  shift(): Job | undefined {
    const [turn] = this.#tenants;
    if (turn === undefined) return undefined;
    const [tenant, own] = turn;
    const first = own.shift();
    this.#tenants.delete(tenant);
    if (own.length > 0) this.#tenants.set(tenant, own);
    if (first === undefined) return undefined;
    this.#size -= 1;
    this.#bytes -= first.bytes;
    return first.job;
  }

  /** All that wait, in their order; nobody waits after it. */
  takeAll(): readonly Job[] {
    const all: Job[] = [];
    for (let job = this.shift(); job !== undefined; job = this.shift()) all.push(job);
    return all;
  }
}
