import Type from "typebox";
import { idPattern } from "./ids.ts";
import { timeSchema } from "./time.ts";

/** A caller's own name for a volume. */
export const volumeNameSchema = Type.String({
  minLength: 1,
  maxLength: 63,
  pattern: "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
  description: "The caller's own name for it: lower-case letters, digits and dashes; unique for the tenant.",
});

export const mountSchema = Type.Object(
  {
    folder: Type.Optional(
      Type.String({
        pattern: "^[a-z0-9][a-z0-9-]{0,62}$",
        description: "A folder of the host by its name in the operator's list. A path of the host is never asked for.",
      }),
    ),
    volume: Type.Optional(volumeNameSchema),
    source: Type.Optional(
      Type.String({ maxLength: 4096, description: "A path of the host: always answers `unsupported`; name a folder." }),
    ),
    sub_path: Type.Optional(
      Type.String({
        maxLength: 255,
        description: "A part of it, relative, without dots and links; all of it if absent.",
      }),
    ),
    destination: Type.String({ minLength: 2, maxLength: 127, description: "Where it is in the sandbox, absolute." }),
    read_only: Type.Optional(
      Type.Boolean({
        description: "Whether the guest may only read. Without it folders are read-only and volumes are not.",
      }),
    ),
  },
  {
    title: "Mount",
    additionalProperties: false,
    description: "A folder that the operator offers, or a volume, in the sandbox: either `folder` or `volume`.",
  },
);
export type MountRequest = Type.Static<typeof mountSchema>;

export const mountsSchema = Type.Array(mountSchema, {
  maxItems: 8,
  description: "What of the host is in the sandbox. A volume has one writer or many readers at a time.",
});

export const createVolumeRequestSchema = Type.Object(
  {
    name: volumeNameSchema,
    size_bytes: Type.Integer({
      minimum: 1_048_576,
      maximum: 1_099_511_627_776,
      description: "Bytes that fit into it. Its space is taken from the disk when it is made.",
    }),
    inodes: Type.Optional(
      Type.Integer({
        minimum: 16,
        maximum: 100_000_000,
        description: "Files, folders and links that fit into it; one for each 16 KiB if absent.",
      }),
    ),
  },
  { title: "CreateVolumeRequest", additionalProperties: false, description: "Space that outlives sandboxes." },
);
export type CreateVolumeRequest = Type.Static<typeof createVolumeRequestSchema>;

export const volumeSchema = Type.Object(
  {
    id: Type.String({ pattern: idPattern("volume"), description: "Names the volume." }),
    name: volumeNameSchema,
    size_bytes: Type.Integer({ minimum: 0, description: "Bytes that fit into it." }),
    inodes: Type.Integer({ minimum: 0, description: "Files, folders and links that fit into it." }),
    created_at: timeSchema,
  },
  { title: "Volume", additionalProperties: false, description: "Space that outlives sandboxes." },
);
export type Volume = Type.Static<typeof volumeSchema>;

export const volumeListSchema = Type.Object(
  { items: Type.Array(volumeSchema, { description: "Newest first." }) },
  { title: "VolumeList", additionalProperties: false, description: "The tenant's volumes." },
);

export const folderListSchema = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          name: Type.String({ maxLength: 63, description: "As mounts name it." }),
          read_only: Type.Boolean({ description: "Whether sandboxes may only read it." }),
        },
        { additionalProperties: false },
      ),
      { description: "In the order of the operator's list." },
    ),
  },
  { title: "FolderList", additionalProperties: false, description: "Folders of the host that the operator offers." },
);
