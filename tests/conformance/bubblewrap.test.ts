/** The conformance suite in real jails, with the part on isolation. */
import { BubblewrapRuntime } from "@hsr/runtimes";
import { conformance, isolation, type SuiteSubject } from "@hsr/runtimes/suite";
import { describeWith } from "../support/host.ts";
import { type RunningLauncher, startLauncher } from "../support/launcher.ts";

function subject(): SuiteSubject {
  let launcher: RunningLauncher | null = null;
  return {
    name: "bubblewrap",
    async start() {
      launcher = await startLauncher();
      return new BubblewrapRuntime(launcher.client);
    },
    async stop() {
      await launcher?.stop();
    },
  };
}

describeWith(["bubblewrap"], "with a launcher of its own", () => {
  conformance(subject());
  isolation(subject());
});
