/** What commands do. Programs that nobody knows here are started processes and nothing more. */
import { globSource, pathSigns } from "../glob.ts";
import { asText, isWhole, type Value } from "../value.ts";
import { attackTools } from "./attack-tools.ts";
import { builtins, originsOfAll } from "./builtins.ts";
import { fileTools } from "./file-tools.ts";
import { interpreters, runProgramFile } from "./interpreters.ts";
import { machineTools } from "./machine-tools.ts";
import { networkTools } from "./network-tools.ts";
import type { Tool } from "./operands.ts";
import { packageTools } from "./package-tools.ts";
import type { CommandCall } from "./shell.ts";
import { textPrograms, textTools } from "./text-tools.ts";
import { wrappers } from "./wrappers.ts";

/** Tools whose whole effect is text and files, or what the other words say: starting one in Bash is no process. */
const plainTools: Readonly<Record<string, Tool>> = {
  ...textTools,
  ...fileTools,
  ...networkTools.plain,
  ...machineTools.plain,
};
/** Tools that are processes of their own, with what else is known of them. */
const otherTools: Readonly<Record<string, Tool>> = {
  ...networkTools.other,
  ...machineTools.other,
  ...attackTools,
  ...textPrograms,
  ...packageTools,
  ...interpreters,
};
/** Tools that run another command. */
const runners: Readonly<Record<string, Tool>> = wrappers;

/** The tool's own name: folders and versions do not matter. */
export function toolName(name: string): string {
  const base = name.split("/").at(-1) ?? name;
  return base.replace(/^(python|pypy|pip|perl|ruby|php|lua|gcc|g\+\+|clang|node|nodejs)-?\d[\d.]*$/, "$1");
}

/** Whether it is known what a command does. */
export function isKnownTool(name: string): boolean {
  const base = toolName(name);
  return [plainTools, otherTools, runners, builtins].some((each) => Object.hasOwn(each, base));
}

/** The operands as one short text, for rules that know programs by how they are called. */
function lineOf(call: CommandCall): string {
  return call.args.map(asText).join(" ").slice(0, 400);
}

export function runTool(call: CommandCall, first: Value): Value {
  const { name } = call;
  const base = toolName(name);
  const isPath = name.includes("/");
  // A path is the system's tool only in a folder of the system.
  const isSystems = !isPath || /^(\/usr)?(\/local)?\/s?bin\/[^/]+$|^\/opt\/hsr\/bin\/|^\/busybox\//.test(name);
  const path = globbed(name);
  if (isSystems || path !== null) {
    const wanted = path ?? base;
    const renamed = wanted === name ? call : { ...call, name: wanted };
    const plain = Object.hasOwn(plainTools, wanted) ? plainTools[wanted] : undefined;
    if (plain !== undefined) {
      if (call.shell.fromOutside) call.emit({ kind: "run", target: wanted, from: originsOfAll(call.args) });
      return plain(renamed);
    }
    // A debugger is a wrapper only where it starts the program itself.
    const isAttack = Object.hasOwn(attackTools, wanted);
    const runner = !isAttack && Object.hasOwn(runners, wanted) ? runners[wanted] : undefined;
    if (runner !== undefined) return runner(renamed);
    const other = Object.hasOwn(otherTools, wanted) ? otherTools[wanted] : undefined;
    if (other !== undefined) {
      call.emit({ kind: "run", target: wanted, from: originsOfAll(call.args), data: lineOf(call) });
      return other(renamed);
    }
    const builtin =
      Object.hasOwn(builtins, wanted) && ["echo", "printf", "test", "true", "false", "pwd", "kill"].includes(wanted)
        ? builtins[wanted]
        : undefined;
    if (builtin !== undefined) {
      if (call.shell.fromOutside) call.emit({ kind: "run", target: wanted });
      return builtin(renamed);
    }
  }
  return runProgramFile(call, first);
}

/** `/b?n/c*t`: a tool written as a pattern. */
function globbed(name: string): string | null {
  if (!/[*?[]/.test(name) || !isWhole(name) || name.length > 64) return null;
  const source = globSource(name, pathSigns, 2);
  if (source === null) return null;
  const pattern = new RegExp(`^${source}$`);
  for (const each of [...Object.keys(plainTools), ...Object.keys(otherTools), ...Object.keys(runners)])
    for (const folder of ["/bin/", "/usr/bin/", "/sbin/"]) if (pattern.test(folder + each)) return each;
  return null;
}
