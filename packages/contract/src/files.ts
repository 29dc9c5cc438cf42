/** Files of a living sandbox on the wire. */
import Type from "typebox";
import { requestLimits } from "./limits.ts";
import { nullable, timeSchema } from "./run.ts";

/** Permission bits as a number, as the files of a run have them; the sticky bit too, no set-id bits. */
const modeBits = { minimum: 0, maximum: 0o1777 } as const;

/** A path in a request: text, or bytes in base64 where it is none. Exactly one of them; the gateway checks that. */
const pathField = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: requestLimits.file_path_bytes.value,
    description: "A path in the sandbox, absolute or relative to /workspace.",
  }),
);
const pathBase64Field = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 2 * requestLimits.file_path_bytes.value,
    pattern: "^[A-Za-z0-9+/_-]+={0,2}$",
    description: "Instead of `path`, its bytes in base64: for names that are not plain text.",
  }),
);

/** The fields that name a file, in queries and bodies alike. */
export const filePathFields = { path: pathField, path_base64: pathBase64Field } as const;

/** In a query permissions are octal digits, as people write them. */
export const fileModeQuery = Type.Optional(
  Type.String({
    pattern: "^0?[0-7]{3}$",
    default: "0644",
    description: "Permissions in octal digits, as `0755`; no set-id bits.",
  }),
);

export const makeFolderRequestSchema = Type.Object(
  {
    ...filePathFields,
    mode: Type.Optional(
      Type.Integer({ ...modeBits, default: 0o755, description: "Permission bits as a number: 493 is 0755." }),
    ),
    parents: Type.Optional(
      Type.Boolean({
        default: true,
        description: "Whether missing folders above it are made, and one that is there already is fine.",
      }),
    ),
  },
  { title: "MakeFolderRequest", additionalProperties: false, description: "A folder to be made." },
);
export type MakeFolderRequest = Type.Static<typeof makeFolderRequestSchema>;

export const moveFileRequestSchema = Type.Object(
  {
    ...filePathFields,
    to: Type.Optional({ ...pathField, description: "Its new path." }),
    to_base64: Type.Optional({ ...pathBase64Field, description: "Instead of `to`, its bytes in base64." }),
  },
  { title: "MoveFileRequest", additionalProperties: false, description: "What to move, and where to." },
);
export type MoveFileRequest = Type.Static<typeof moveFileRequestSchema>;

export const changeModeRequestSchema = Type.Object(
  {
    ...filePathFields,
    mode: Type.Integer({ ...modeBits, description: "Permission bits as a number: 420 is 0644, 493 is 0755." }),
  },
  { title: "ChangeModeRequest", additionalProperties: false, description: "New permissions of a file or folder." },
);
export type ChangeModeRequest = Type.Static<typeof changeModeRequestSchema>;

/** Kinds of what lies at a path. */
export const fileKinds = ["file", "folder", "link", "other"] as const;

const shownPath = {
  path: nullable(
    Type.String({ description: "Its absolute path." }),
    "Its absolute path; null where its bytes are not UTF-8.",
  ),
  path_base64: Type.Optional(
    Type.String({
      description: "The path's bytes, where `path` would not be accepted in a request: send this one instead.",
    }),
  ),
} as const;

const shownFacts = {
  kind: Type.Enum([...fileKinds] as const, { description: "What it is; `other` is a FIFO, a socket or a device." }),
  mode: Type.Integer({ minimum: 0, description: "Permission bits as a number, with set-id and sticky bits." }),
  bytes: Type.Integer({ minimum: 0, description: "Its size." }),
  modified_at: timeSchema,
} as const;

/** What is said of one file. All of it is the guest's word. */
export const fileInfoSchema = Type.Object(
  {
    ...shownPath,
    ...shownFacts,
    uid: Type.Integer({ minimum: 0, description: "Its owner, as the sandbox counts them." }),
    gid: Type.Integer({ minimum: 0, description: "Its group, as the sandbox counts them." }),
    target: Type.Optional(
      nullable(Type.String({ description: "Where a link leads to." }), "Where a link leads to; null if not UTF-8."),
    ),
    target_base64: Type.Optional(Type.String({ description: "The same as bytes, where they are not UTF-8." })),
  },
  { title: "FileInfo", additionalProperties: false, description: "What lies at a path." },
);
export type FileInfo = Type.Static<typeof fileInfoSchema>;

export const fileEntrySchema = Type.Object(
  { ...shownPath, ...shownFacts },
  { title: "FileEntry", additionalProperties: false, description: "One entry of a folder." },
);
export type FileEntryBody = Type.Static<typeof fileEntrySchema>;

export const fileListSchema = Type.Object(
  {
    items: Type.Array(fileEntrySchema, { description: "Entries; a folder before what is in it." }),
    next_cursor: nullable(Type.String({ description: "Asks for the next page." }), "Null on the last page."),
    truncated: Type.Boolean({
      description: "There are more entries than one listing looks at; list the folders in it one by one.",
    }),
  },
  { title: "FileList", additionalProperties: false, description: "A page of a folder's entries." },
);
export type FileList = Type.Static<typeof fileListSchema>;

export const writtenFileSchema = Type.Object(
  {
    ...shownPath,
    bytes: Type.Integer({ minimum: 0, description: "How many bytes were written." }),
    sha256: Type.String({ pattern: "^[0-9a-f]{64}$", description: "Their digest, taken as they passed." }),
  },
  { title: "WrittenFile", additionalProperties: false, description: "A file that is now in its place, whole." },
);
export type WrittenFileBody = Type.Static<typeof writtenFileSchema>;

export const unpackedSchema = Type.Object(
  {
    ...shownPath,
    files: Type.Integer({ minimum: 0, description: "Files that were written." }),
    folders: Type.Integer({ minimum: 0, description: "Folders that the archive names." }),
    links: Type.Integer({ minimum: 0, description: "Symbolic links that were made." }),
    bytes: Type.Integer({ minimum: 0, description: "Bytes of all files." }),
  },
  { title: "Unpacked", additionalProperties: false, description: "What an archive brought." },
);
export type Unpacked = Type.Static<typeof unpackedSchema>;

const changedPath = {
  path: nullable(
    Type.String(),
    "Below the watched folder; null when it is not plain text. Empty is the folder itself.",
  ),
  path_base64: Type.Optional(Type.String({ description: "The same as bytes, where the text would not be taken." })),
};

export const fileChangeSchema = Type.Object(
  {
    kind: Type.Enum(["created", "modified", "deleted", "moved", "overflow"] as const, {
      description: "`overflow`: more happened there than was told, so list it again.",
    }),
    folder: Type.Boolean({ description: "Whether it is a folder." }),
    ...changedPath,
    to: nullable(
      Type.Object(changedPath, { additionalProperties: false }),
      "Where it was moved to; null for the others.",
    ),
  },
  { title: "FileChange", additionalProperties: false, description: "A change in a watched folder." },
);
export type FileChange = Type.Static<typeof fileChangeSchema>;
