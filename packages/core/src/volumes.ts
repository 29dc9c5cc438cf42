/** Volumes as the store keeps them: which tenant's, and by which name. The bytes are the launcher's. */

export interface VolumeRecord {
  /** The launcher's name for it too. */
  readonly id: string;
  readonly tenant: string;
  readonly name: string;
  readonly bytes: number;
  readonly inodes: number;
  readonly createdAtMs: number;
}

export interface VolumeStore {
  /** `false`: the tenant has one of this name. Nothing was written. */
  create(volume: VolumeRecord): Promise<boolean>;
  byName(tenant: string, name: string): Promise<VolumeRecord | null>;
  get(tenant: string | null, id: string): Promise<VolumeRecord | null>;
  /** Newest first. */
  list(tenant: string | null): Promise<readonly VolumeRecord[]>;
  remove(id: string): Promise<void>;
}
