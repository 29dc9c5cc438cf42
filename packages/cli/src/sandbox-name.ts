/** How people name a sandbox: by its id, or by the name that they gave it. */
import type { Sandbox, SandboxList, SandboxState } from "@hsr/contract";
import type { Client } from "./client.ts";
import { Failure, usageFailure } from "./failure.ts";
import { showAge } from "./units.ts";

const idForm = /^sb-[a-z2-7]{26}$/;
const nameForm = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** States of sandboxes that can be used, or soon can be. */
export const livingStates = [
  "pending",
  "starting",
  "running",
  "pausing",
  "paused",
  "resuming",
  "snapshotting",
  "stopping",
] as const satisfies readonly SandboxState[];

/** Where a sandbox is found, or something below it. */
export function sandboxPath(id: string, rest = ""): string {
  return `/v1/sandboxes/${encodeURIComponent(id)}${rest}`;
}

/**
 * The id of the sandbox that is meant. A name means the one that lives; with `ended` also the one of that name that ended
 * last, for those who only look. Unknown names, and names that several have, are errors that say what to do.
 */
export async function findSandbox(
  client: Client,
  said: string,
  which: "living" | "ended" = "living",
): Promise<{ readonly id: string }> {
  if (idForm.test(said)) return { id: said };
  if (!nameForm.test(said))
    throw usageFailure(`${JSON.stringify(said)} is neither an id nor a name of a sandbox`, "`hsrctl ls` lists them");
  const living = await named(client, said, livingStates);
  const [only, second] = living;
  if (second !== undefined)
    throw new Failure(`several sandboxes are named ${said}`, {
      hint: `say which one by its id:\n${living.map((one) => `  ${one.id}, made ${age(one)} ago`).join("\n")}`,
    });
  if (only !== undefined) return only;
  const [last] = await named(client, said, ["ended", "failed", "lost"]);
  if (last !== undefined && which === "ended") return last;
  throw new Failure(`no sandbox named ${said} lives`, {
    hint:
      last === undefined
        ? `\`hsrctl ls\` lists those that do; \`hsrctl create --name ${said}\` makes one`
        : `the last one has ended (${last.reason ?? last.state}): see \`hsrctl get ${last.id}\``,
  });
}

async function named(client: Client, name: string, states: readonly SandboxState[]): Promise<readonly Sandbox[]> {
  const query = new URLSearchParams({ name, limit: "10" });
  for (const state of states) query.append("state", state);
  return (await client.json<SandboxList>(`/v1/sandboxes?${query.toString()}`)).items;
}

function age(sandbox: Sandbox): string {
  return showAge(Date.now() - Date.parse(sandbox.created_at));
}
