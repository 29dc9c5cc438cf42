/**
 * Compiles every profile in config/seccomp for every architecture into build/seccomp/<profile>.<arch>.bpf:
 * `node packages/runtimes/src/seccomp/build.ts [--profiles DIR] [--out DIR]`.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Architecture, architectures } from "./architectures.ts";
import { compile } from "./compile.ts";
import { parseProfile } from "./profile.ts";
import { shippedOptions } from "./shipped.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const { values } = parseArgs({
  options: {
    profiles: { type: "string", default: join(root, "config/seccomp") },
    out: { type: "string", default: join(root, "build/seccomp") },
  },
});

mkdirSync(values.out, { recursive: true });
for (const file of readdirSync(values.profiles).filter((name) => name.endsWith(".json"))) {
  const profile = parseProfile(readFileSync(join(values.profiles, file), "utf8"));
  for (const architecture of Object.keys(architectures) as Architecture[]) {
    const { bytes, program, skipped } = compile(profile, architecture, shippedOptions);
    const name = `${basename(file, ".json")}.${architecture}.bpf`;
    // Written beside and renamed, so that a launcher that starts now never reads half a filter.
    writeFileSync(join(values.out, `${name}.new`), bytes);
    renameSync(join(values.out, `${name}.new`), join(values.out, name));
    console.log(`${name}: ${program.length} instructions, ${skipped.length} names not on this architecture`);
  }
}
