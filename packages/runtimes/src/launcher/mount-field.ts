/** Mounts as the launcher reads them. It hangs up on what is not well-formed, so that is found here, and told with its reason. */
import { HsrError } from "@hsr/contract";
import type { MountSpec } from "@hsr/core";

/** As in native/launcher/mounts.h and wire.h. */
const mostMounts = 8;
const mostTargetBytes = 127;
const mostSubPathBytes = 255;
const name = /^[a-z0-9][a-z0-9-]{0,62}$/;
/** Parts that are neither empty nor dots, without control characters. */
const tidy = /^(?!\.{0,2}(?:\/|$))[^/\p{Cc}]+(?:\/(?!\.{0,2}(?:\/|$))[^/\p{Cc}]+)*$/u;
/** Places of the jail's own. */
const taken = /^\/(?:(?:proc|sys|dev|usr|etc|bin|sbin|lib|lib32|lib64|libx32|opt\/hsr)(?:\/|$)|opt$)/;

/** Whether it can be the name of a folder, a volume or an owner. */
export function isName(text: string): boolean {
  return name.test(text);
}

/** The fields of a launch. Throws `invalid_request`. */
export function mountFields(mounts: readonly MountSpec[]): readonly string[] {
  if (mounts.length > mostMounts) refuse("mounts", `A sandbox has at most ${mostMounts} mounts.`);
  return mounts.map((mount, index) => {
    const problem = problemOf(mount);
    if (problem !== null) refuse(`mounts[${index}].${problem.field}`, problem.message);
    return [mount.access, mount.kind, mount.name, mount.subPath, mount.target].join("\0");
  });
}

function problemOf(mount: MountSpec): { readonly field: string; readonly message: string } | null {
  const { target, subPath } = mount;
  if (!isName(mount.name)) return { field: "name", message: "It is not the name of a folder or volume." };
  if (subPath !== "" && (!tidy.test(subPath) || Buffer.byteLength(subPath) > mostSubPathBytes))
    return { field: "sub_path", message: "It must be a relative path without dots." };
  if (!target.startsWith("/") || !tidy.test(target.slice(1)) || Buffer.byteLength(target) > mostTargetBytes)
    return {
      field: "destination",
      message: "It must be a short absolute path without dots and without a slash at its end.",
    };
  if (taken.test(target)) return { field: "destination", message: "This place belongs to the sandbox itself." };
  return null;
}

function refuse(field: string, message: string): never {
  throw new HsrError("invalid_request", { field, message });
}
