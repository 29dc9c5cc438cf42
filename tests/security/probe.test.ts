/**
 * hsr-probe tries every door from inside the real jail. What it finds is compared with the committed table, row by row; it also runs
 * under gVisor and without walls in the same run. `HSR_WRITE_TABLES=1` writes the table anew, for a reader to judge the difference.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BubblewrapRuntime, openAgent } from "@hsr/runtimes";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, needs } from "../support/host.ts";
import { launchSpec } from "../support/launch-spec.ts";
import { type LauncherOptions, startLauncher } from "../support/launcher.ts";
import { checkout } from "../support/native.ts";
import {
  type HostTargets,
  hostTargets,
  type ProbeRow,
  probeInSandbox,
  probeUnderGvisor,
  probeWithoutWalls,
} from "../support/probe.ts";

interface ProbeTable {
  /** Doors that may stand open in the jail although gVisor keeps them shut, each with its reason. */
  readonly exceptions: Readonly<Record<string, string>>;
  /** Doors that are meant to be open: what programs use. */
  readonly intended: Readonly<Record<string, string>>;
  /** Doors that are open besides where the launcher runs as an ordinary user, and agent and guest share one id. */
  readonly single: Readonly<Record<string, string>>;
  /** Verdict and errno of every probe in the jail. */
  readonly rows: Readonly<Record<string, string>>;
}

const tablePath = join(checkout, "tests/security/probe-table.json");
const table = JSON.parse(readFileSync(tablePath, "utf8")) as ProbeTable;

/** Rows that the filter or a namespace answers, whatever the host: there the errno must be the recorded one too. */
const answeredByFilter = /^(call|clone|clone3|unshare|mount|socket|sched|tty|abi|setns)_/;

const shut = (row: ProbeRow): boolean => row.verdict !== "open" && row.verdict !== "hung";
const words = (row: ProbeRow): string => (row.errno ? `${row.verdict} ${row.errno}` : row.verdict);
const opens = (rows: readonly ProbeRow[]): string[] => rows.filter((row) => !shut(row)).map((row) => row.name);

const probeJail = async (options: LauncherOptions, targets: HostTargets): Promise<ProbeRow[]> => {
  const launcher = await startLauncher(options);
  try {
    const spec = launchSpec(options.asUid === undefined ? {} : { requiredLimits: ["wall_time"] });
    const guest = await new BubblewrapRuntime(launcher.client).launch(spec);
    const agent = openAgent(await guest.attach());
    const rows = await probeInSandbox(agent, targets.env);
    agent.close();
    await guest.destroy();
    return rows;
  } finally {
    await launcher.stop();
  }
};

describeWith(["bubblewrap", "root", "cgroup"], "the probe inside the jail", () => {
  let targets: HostTargets;
  let jail: readonly ProbeRow[];
  beforeAll(async () => {
    targets = await hostTargets();
    jail = await probeJail({}, targets);
    if (process.env["HSR_WRITE_TABLES"]) {
      const rows = Object.fromEntries(jail.map((row) => [row.name, words(row)]));
      writeFileSync(tablePath, `${JSON.stringify({ ...table, rows }, null, 2)}\n`);
    }
  });
  afterAll(() => targets.stop());

  test("finds what the table says, row by row", () => {
    const wrong = jail.flatMap((row) => {
      const recorded = table.rows[row.name] ?? "no row";
      const same = answeredByFilter.test(row.name)
        ? recorded === words(row)
        : recorded !== "no row" && recorded.startsWith("open") === !shut(row);
      return same ? [] : [`${row.name}: ${words(row)} ${row.detail ?? ""}, the table says ${recorded}`];
    });
    expect(wrong).toEqual([]);
    expect(jail.length).toBeGreaterThan(250);
    // The table was written on x86-64, which has doors that other machines lack.
    const missing = Object.keys(table.rows).filter((name) => !jail.some((row) => row.name === name));
    expect(process.arch === "x64" ? missing : []).toEqual([]);
  });

  test("finds nothing open but what is meant to be, or is an exception with a reason", () => {
    const known = { ...table.exceptions, ...table.intended };
    expect(opens(jail).filter((name) => !known[name])).toEqual([]);
    expect(Object.keys(known).filter((name) => !opens(jail).includes(name))).toEqual([]);
  });

  const user = needs("userns", "user");
  test.skipIf(!user.ok)(
    `finds the same under an ordinary user's launcher${user.ok ? "" : ` [skipped: ${user.reason}]`}`,
    async () => {
      const nobody = 65_534;
      const known = { ...table.exceptions, ...table.intended, ...table.single };
      expect(opens(await probeJail({ asUid: nobody }, targets)).toSorted()).toEqual(Object.keys(known).toSorted());
    },
  );

  test("control: without walls most doors are open", () => {
    const free = probeWithoutWalls(targets.env);
    console.log(
      `probe: ${jail.length} doors; open without walls ${opens(free).length}, in the jail ${opens(jail).length}`,
    );
    // A door that is shut here as well proves nothing about the jail; most must not be.
    expect(opens(free).length).toBeGreaterThan(150);
    const leaks = [
      "ipc_host_shared_memory",
      "ipc_host_message_queue",
      "ipc_host_posix_queue",
      "net_abstract_stream",
      "net_host_loopback",
      "names_cgroup",
      "host_namespace_pid",
      "process_kernel_threads",
      "id_host_root_mapped",
      "path_write_core_pattern",
      "call_io_uring_setup",
      "tty_tiocsti",
      "abi_int80",
    ];
    const missed = leaks.filter((name) => !opens(free).includes(name));
    // What this host itself does not let root do cannot serve as a control here; there is little of that.
    expect(missed.length, `shut even without walls: ${missed.join(" ")}`).toBeLessThanOrEqual(3);
  });

  const gvisor = needs("runsc");
  test.skipIf(!gvisor.ok)(
    `leaves nothing open that gVisor shuts${gvisor.ok ? "" : ` [skipped: ${gvisor.reason}]`}`,
    () => {
      const rows = probeUnderGvisor(targets.env);
      const theirs = new Set(opens(rows));
      console.log(`probe: open under gVisor ${theirs.size}, in the jail ${opens(jail).length} (of ${rows.length})`);
      expect(rows.length).toBe(jail.length);
      expect(opens(jail).filter((name) => !theirs.has(name) && !table.exceptions[name])).toEqual([]);
      expect(Object.keys(table.exceptions).filter((name) => theirs.has(name))).toEqual([]);
    },
  );
});
