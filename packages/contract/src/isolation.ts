import Type from "typebox";

/** Ordered from weak to strong; compare with `levelRank`. */
export const isolationLevels = ["basic", "standard", "strong", "maximum"] as const;
export type IsolationLevel = (typeof isolationLevels)[number];

/** Position on the scale: a higher rank is a stronger isolation. */
export function levelRank(level: IsolationLevel): number {
  return isolationLevels.indexOf(level);
}

export const isolationLevelSchema = Type.Enum([...isolationLevels] as const, {
  description:
    "What stands between guest and host, from weak to strong: basic (namespaces, cgroups, system-call filter), standard (a kernel or engine in user space), strong (a virtual machine), maximum (a minimal virtual machine in a jail of its own).",
});

/** Runtime names are an open set: operators add their own. */
export const runtimeNameSchema = Type.String({
  pattern: "^[a-z][a-z0-9-]{0,62}$",
  minLength: 1,
  maxLength: 63,
  description: "Name of a way to isolate, as GET /v1/runtimes lists it.",
});
