/** From what a request calls folders and volumes to what a runtime is told: a volume of another tenant does not exist. */
import { HsrError } from "@hsr/contract";
import type { Wishes } from "../action.ts";
import type { Store } from "../store.ts";
import type { MountSpec } from "../types.ts";

/** A mount as it is asked for: a volume by its caller's name. */
export type AskedMount = MountSpec;

/** The wishes with volumes by their ids. Throws for a volume that is not there. */
export async function resolveMounts(wishes: Wishes, tenant: string, store: Store): Promise<Wishes> {
  const { mounts } = wishes;
  if (mounts === undefined || mounts.length === 0) return wishes;
  const resolved: MountSpec[] = [];
  for (const [index, mount] of mounts.entries()) {
    if (mount.kind === "folder") {
      resolved.push(mount);
      continue;
    }
    const volume = await store.volumes.byName(tenant, mount.name);
    if (volume === null)
      throw new HsrError("not_found", {
        field: `mounts[${index}].volume`,
        message: `There is no volume \`${mount.name}\`.`,
        hint: "Make it first, with POST /v1/volumes.",
      });
    resolved.push({ ...mount, name: volume.id });
  }
  return { ...wishes, mounts: resolved };
}

/** What a policy sees of them: a folder's name, or `volume:` and the volume's. */
export function mountNames(wishes: Wishes): readonly string[] {
  return (wishes.mounts ?? []).map(({ kind, name }) => (kind === "volume" ? `volume:${name}` : name));
}
