import type { LimitName, OfferedFolder } from "@hsr/core";
import { type Message, text } from "./wire.ts";

/** What a launcher says of itself and its host. */
export interface LauncherFacts {
  /** New with every start of the launcher's worker. */
  readonly bootId: string;
  readonly features: readonly string[];
  /** Limits that this host cannot enforce. */
  readonly unenforced: readonly LimitName[];
  /** System-call profiles that a launch may name. */
  readonly profiles: readonly string[];
  /** Folders below which the sandboxes' control groups lie, the one that kills and freezes first. */
  readonly cgroups: readonly string[];
  /** Folders of the operator's list. */
  readonly folders: readonly OfferedFolder[];
  /** Everything else, by name: kernel, cgroups, bwrap, users, attach_us_last, attach_us_max, trouble, … */
  readonly host: Readonly<Record<string, string>>;
}

export function factsOf(message: Message): LauncherFacts {
  const host: Record<string, string> = {};
  const profiles: string[] = [];
  const cgroups: string[] = [];
  const folders: OfferedFolder[] = [];
  for (const fact of message.texts.fact ?? []) {
    const at = fact.indexOf("=");
    const name = fact.slice(0, at);
    const value = fact.slice(at + 1);
    if (name === "profile") profiles.push(value);
    else if (name === "cgroup") cgroups.push(value);
    else if (name === "mount") folders.push(folderOf(value));
    else host[name] = value;
  }
  return {
    bootId: text(message, "bootId"),
    features: message.texts.feature ?? [],
    unenforced: (message.texts.unenforced ?? []) as readonly LimitName[],
    profiles,
    cgroups,
    folders,
    host,
  };
}

function folderOf(value: string): OfferedFolder {
  const [name = "", access] = value.split(" ");
  return { name, access: access === "rw" ? "rw" : "ro" };
}
