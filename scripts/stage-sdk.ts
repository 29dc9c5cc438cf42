/**
 * Stages `@hsr/sdk` for npm in `build/sdk`: JavaScript modules with their types, and a `package.json` without anything of the
 * workspace. `npm pack build/sdk` then makes the tarball.
 *
 *   node scripts/stage-sdk.ts [FOLDER]
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { checkout, inCheckout, toolEnvironment } from "./support/checkout.ts";
import { print } from "./support/print.ts";

/** Writes the package into a folder, which is emptied first. */
export function stageSdk(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const args = ["--project", inCheckout("packages/sdk/tsconfig.stage.json"), "--outDir", join(folder, "dist")];
  const done = spawnSync("tsc", args, { cwd: checkout, env: toolEnvironment(), encoding: "utf8" });
  if (done.status !== 0) throw new Error(`tsc: ${done.error?.message ?? done.stdout}`);
  const { name, version, description, license, type } = JSON.parse(
    readFileSync(inCheckout("packages/sdk/package.json"), "utf8"),
  ) as Record<string, unknown>;
  const main = { types: "./dist/index.d.ts", default: "./dist/index.js" };
  const published = {
    name,
    version,
    description,
    license,
    type,
    engines: { node: ">=22" },
    sideEffects: false,
    exports: { ".": main },
    files: ["dist"],
  };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(published, null, 2)}\n`);
  copyFileSync(inCheckout("LICENSE"), join(folder, "LICENSE"));
  copyFileSync(inCheckout("packages/sdk/README.md"), join(folder, "README.md"));
}

if (import.meta.main) {
  const folder = resolve(process.argv[2] ?? inCheckout("build/sdk"));
  stageSdk(folder);
  print(`staged in ${folder}; npm pack makes the tarball`);
}
