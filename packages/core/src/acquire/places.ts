/**
 * Places for runs: how many live at one time, how many start at one time, who waits and who is next. Fair between
 * tenants: whoever waits is served in turn by tenant, not by arrival, so that one tenant's thousand do not stand
 * before another's one. Holds no clock and starts nothing; it only counts.
 */
import { HsrError } from "@hsr/contract";

export interface PlaceLimits {
  /** Runs that live at one time, over all tenants. */
  readonly concurrency: number;
  /** Runs that are being started at one time. */
  readonly starts: number;
  readonly queue: number;
  readonly tenantConcurrency: number;
  readonly tenantQueue: number;
}

/** A place, or a position in the queue for one. */
export interface Place {
  readonly tenant: string;
  /** Whether it was free at once; otherwise `granted` says when. */
  readonly immediate: boolean;
  /** Resolves when the run may start; never, if `leave` comes first. */
  readonly granted: Promise<void>;
  /** The program has started: the next one may begin to start. Idempotent. */
  started(): void;
  /** Gives the place, or the position in the queue, back. Idempotent. */
  leave(): void;
}

interface Entry {
  state: "waiting" | "starting" | "running" | "left";
  readonly grant: () => void;
}

interface Tenant {
  readonly name: string;
  living: number;
  readonly waiting: Set<Entry>;
}

/** How long a refused caller is told to wait: about the length of a short run. */
const retryAfterMs = 1000;

export class Places {
  readonly #limits: PlaceLimits;
  /** Tenants with something living or waiting. The order of those that wait is the order of turns. */
  readonly #tenants = new Map<string, Tenant>();
  #living = 0;
  #starting = 0;
  #waiting = 0;

  constructor(limits: PlaceLimits) {
    this.#limits = limits;
  }

  get counts(): { readonly living: number; readonly starting: number; readonly waiting: number } {
    return { living: this.#living, starting: this.#starting, waiting: this.#waiting };
  }

  /**
   * Takes a place or a position in the queue. Throws `quota_exceeded` when the tenant has its share, `queue_full` when
   * there is no room at all. `force` is for runs that were accepted by an earlier gateway: they always get a position.
   */
  enter(tenantName: string, force = false): Place {
    const tenant = this.#tenant(tenantName);
    // Whoever waits while there is room waits for its own tenant's share: nobody is overtaken here.
    const free = this.#hasRoom(tenant) && tenant.waiting.size === 0;
    if (!free && !force) this.#refuseIfFull(tenant);
    let open: () => void = () => {};
    const granted = free ? Promise.resolve() : new Promise<void>((resolve) => (open = resolve));
    const entry: Entry = { state: "waiting", grant: open };
    if (free) {
      this.#take(tenant, entry);
    } else {
      tenant.waiting.add(entry);
      this.#waiting += 1;
    }
    return {
      tenant: tenantName,
      immediate: free,
      granted,
      started: () => this.#started(entry),
      leave: () => this.#leave(tenant, entry),
    };
  }

  /** A place for a run that already lives, for instance one that an earlier gateway started. Never refused. */
  occupy(tenantName: string): Place {
    const tenant = this.#tenant(tenantName);
    const entry: Entry = { state: "running", grant: () => {} };
    this.#living += 1;
    tenant.living += 1;
    return {
      tenant: tenantName,
      immediate: true,
      granted: Promise.resolve(),
      started: () => {},
      leave: () => this.#leave(tenant, entry),
    };
  }

  #tenant(name: string): Tenant {
    const known = this.#tenants.get(name);
    if (known !== undefined) return known;
    const tenant: Tenant = { name, living: 0, waiting: new Set() };
    this.#tenants.set(name, tenant);
    return tenant;
  }

  #refuseIfFull(tenant: Tenant): void {
    const { queue, tenantQueue } = this.#limits;
    const code = tenant.waiting.size >= tenantQueue ? "quota_exceeded" : this.#waiting >= queue ? "queue_full" : null;
    if (code === null) return;
    this.#forgetIfIdle(tenant);
    throw new HsrError(code, { retryAfterMs });
  }

  #hasRoom(tenant: Tenant): boolean {
    const { concurrency, starts, tenantConcurrency } = this.#limits;
    return this.#living < concurrency && this.#starting < starts && tenant.living < tenantConcurrency;
  }

  #take(tenant: Tenant, entry: Entry): void {
    entry.state = "starting";
    this.#living += 1;
    this.#starting += 1;
    tenant.living += 1;
  }

  #started(entry: Entry): void {
    if (entry.state !== "starting") return;
    entry.state = "running";
    this.#starting -= 1;
    this.#grantNext();
  }

  #leave(tenant: Tenant, entry: Entry): void {
    const before = entry.state;
    entry.state = "left";
    switch (before) {
      case "left":
        return;
      case "waiting":
        tenant.waiting.delete(entry);
        this.#waiting -= 1;
        break;
      case "starting":
        this.#starting -= 1;
        this.#living -= 1;
        tenant.living -= 1;
        break;
      case "running":
        this.#living -= 1;
        tenant.living -= 1;
        break;
    }
    this.#forgetIfIdle(tenant);
    this.#grantNext();
  }

  #forgetIfIdle(tenant: Tenant): void {
    if (tenant.living === 0 && tenant.waiting.size === 0) this.#tenants.delete(tenant.name);
  }

  /** Gives free places to those who wait, one tenant after the other. */
  #grantNext(): void {
    while (this.#waiting > 0) {
      const next = this.#nextTenant();
      if (next === null) return;
      const [entry] = next.waiting;
      if (entry === undefined) return;
      next.waiting.delete(entry);
      this.#waiting -= 1;
      this.#take(next, entry);
      // Whoever was served goes to the end of the turn.
      this.#tenants.delete(next.name);
      this.#tenants.set(next.name, next);
      entry.grant();
    }
  }

  #nextTenant(): Tenant | null {
    for (const tenant of this.#tenants.values()) {
      if (tenant.waiting.size > 0 && this.#hasRoom(tenant)) return tenant;
    }
    return null;
  }
}
