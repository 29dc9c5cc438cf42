/** Volumes: making, listing and removing them; and the folders that the operator offers. */
import {
  createVolumeRequestSchema,
  folderListSchema,
  HsrError,
  idPattern,
  newId,
  type Volume,
  volumeListSchema,
  volumeSchema,
} from "@hsr/contract";
import type { Clock, Store, VolumeRecord, Volumes } from "@hsr/core";
import Type from "typebox";
import { visibleTenant } from "../auth/index.ts";
import { wireTime } from "../wire.ts";
import { type Route, route } from "./route.ts";

export interface VolumeRoutePorts {
  readonly store: Store;
  readonly volumes: Volumes;
  readonly clock: Clock;
  /** How much one tenant may take of the disk, and in how many volumes. */
  readonly quota: { readonly tenantBytes: number; readonly tenantVolumes: number };
}

/** Bytes of a volume for each file that it holds when nobody says how many. */
const bytesPerInode = 16_384;

export function volumeRoutes({ store, volumes, clock, quota }: VolumeRoutePorts): readonly Route[] {
  const create = route(
    {
      method: "POST",
      path: "/v1/volumes",
      operationId: "createVolume",
      summary: "Make a volume",
      description:
        "Makes space that outlives sandboxes, with bounds that the kernel holds. All of it is taken from the disk now. Sandboxes name it in `mounts`; it has one writer or many readers at a time.",
      access: "sandboxes",
      body: createVolumeRequestSchema,
      answers: { 201: { description: "The volume was made.", schema: volumeSchema } },
      errors: ["unsupported", "quota_exceeded", "storage_full", "volume_exists", "launcher_unavailable"],
    },
    async ({ body, caller, requestId, reply }) => {
      if (!(await volumes.supported()))
        throw new HsrError("unsupported", {
          message: "This host has no volumes.",
          hint: "They need a launcher that root started, with --volumes-dir; docs/mounts.md says what else.",
        });
      const mine = await store.volumes.list(caller.tenant);
      const taken = mine.reduce((sum, { bytes }) => sum + bytes, 0);
      if (mine.length >= quota.tenantVolumes || taken + body.size_bytes > quota.tenantBytes)
        throw new HsrError("quota_exceeded", {
          message: `A tenant may have ${quota.tenantVolumes} volumes with ${quota.tenantBytes} bytes in all.`,
          hint: "Remove one, or ask the operator for more.",
        });
      const record: VolumeRecord = {
        id: newId("volume"),
        tenant: caller.tenant,
        name: body.name,
        bytes: body.size_bytes,
        inodes: body.inodes ?? Math.max(64, Math.floor(body.size_bytes / bytesPerInode)),
        createdAtMs: clock.now(),
      };
      // The row first: a gateway that dies in between leaves a name without a volume, which can be removed.
      if (!(await store.volumes.create(record))) throw new HsrError("volume_exists", { field: "name" });
      try {
        await volumes.create(record.id, { bytes: record.bytes, inodes: record.inodes });
      } catch (thrown) {
        await store.volumes.remove(record.id);
        throw thrown;
      }
      await audit("volume.created", record, caller.keyId, requestId);
      reply.code(201);
      return wireVolume(record);
    },
  );

  const list = route(
    {
      method: "GET",
      path: "/v1/volumes",
      operationId: "listVolumes",
      summary: "List volumes",
      description: "The tenant's volumes, newest first. An administrator sees every tenant's.",
      access: "read",
      answers: { 200: { description: "All of them.", schema: volumeListSchema } },
      errors: [],
    },
    async ({ caller }) => ({ items: (await store.volumes.list(visibleTenant(caller))).map(wireVolume) }),
  );

  const remove = route(
    {
      method: "DELETE",
      path: "/v1/volumes/{id}",
      operationId: "deleteVolume",
      summary: "Remove a volume",
      description: "Removes it with all that is in it. Refused while a sandbox has it.",
      access: "sandboxes",
      params: Type.Object(
        { id: Type.String({ pattern: idPattern("volume"), description: "The volume's id." }) },
        { additionalProperties: false },
      ),
      answers: { 204: { description: "It is gone." } },
      errors: ["not_found", "volume_in_use", "launcher_unavailable"],
    },
    async ({ params, caller, requestId, reply }) => {
      const record = await store.volumes.get(visibleTenant(caller), params.id);
      if (record === null) throw new HsrError("not_found");
      try {
        await volumes.remove(record.id);
      } catch (thrown) {
        // A name without a volume, left by a gateway that died while it made it.
        if (HsrError.from(thrown).code !== "not_found") throw thrown;
      }
      await store.volumes.remove(record.id);
      await audit("volume.removed", record, caller.keyId, requestId);
      await reply.code(204).send();
      return undefined;
    },
  );

  const folders = route(
    {
      method: "GET",
      path: "/v1/folders",
      operationId: "listFolders",
      summary: "List folders that sandboxes can be given",
      description: "The operator's list by its names. Where they lie on the host is not told.",
      access: "read",
      answers: { 200: { description: "All of them.", schema: folderListSchema } },
      errors: ["launcher_unavailable"],
    },
    async () => ({
      items: (await volumes.folders()).map(({ name, access }) => ({ name, read_only: access === "ro" })),
    }),
  );

  async function audit(
    type: "volume.created" | "volume.removed",
    { id: subject, tenant, name }: VolumeRecord,
    key: string,
    requestId: string,
  ): Promise<void> {
    await store.audit.append({ timeMs: clock.now(), type, tenant, subject, requestId, data: { key, name } });
  }

  return [create, list, remove, folders];
}

function wireVolume({ id, name, bytes, inodes, createdAtMs }: VolumeRecord): Volume {
  return { id, name, size_bytes: bytes, inodes, created_at: wireTime(createdAtMs) };
}
