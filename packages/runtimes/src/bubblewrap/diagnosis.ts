import type { LauncherFacts } from "../launcher/facts.ts";

/** Why sandboxes do not start here, and what would change that. */
export interface Diagnosis {
  readonly reason: string;
  readonly hint: string;
}

/**
 * Turns a failed probe into a sentence and a command. The order is that of likelihood: no bwrap, user namespaces
 * forbidden (by AppArmor, by a sysctl), anything else as the launcher said it. Not tried on Ubuntu itself: what its kernel
 * answers is taken from its documentation.
 */
export function diagnose(facts: LauncherFacts, failure: string): Diagnosis {
  const { host } = facts;
  if ((host["bwrap"] ?? "") === "") {
    return { reason: "bubblewrap is not installed.", hint: "apt-get install bubblewrap" };
  }
  const single = host["users"] === "single";
  if (single && host["apparmor_restrict_unprivileged_userns"] === "1" && forbidden(failure)) {
    return {
      reason:
        "AppArmor does not let ordinary users make user namespaces (kernel.apparmor_restrict_unprivileged_userns is 1).",
      hint:
        "Run `make up` as root; or allow them for every program with " +
        "`sysctl kernel.apparmor_restrict_unprivileged_userns=0`; or give hsr-launcher and bwrap an AppArmor profile that contains `userns,`.",
    };
  }
  if (single && forbidden(failure)) {
    return {
      reason: "This host does not let ordinary users make user namespaces.",
      hint: "Run `make up` as root, or `sysctl kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000`.",
    };
  }
  if (/max_user_namespaces|No space left on device/.test(failure)) {
    return {
      reason: "The host's number of user namespaces is used up or zero.",
      hint: "sysctl user.max_user_namespaces=10000",
    };
  }
  return {
    reason: `A sandbox could not be started: ${failure}`,
    hint: "The launcher's log has the cause; `hsrctl doctor` shows what it found on this host.",
  };
}

/** Words with which the kernel and bwrap say that a namespace was refused. */
function forbidden(failure: string): boolean {
  return /Operation not permitted|Permission denied|No permissions to create new namespace|setting up uid map/i.test(
    failure,
  );
}
