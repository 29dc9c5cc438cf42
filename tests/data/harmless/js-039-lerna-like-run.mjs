import { execSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { dirname } from "node:path";

const script = process.argv[2] ?? "build";
const packages = globSync("packages/*/package.json").map((path) => ({ path, json: JSON.parse(readFileSync(path, "utf8")) }));
const names = new Set(packages.map(({ json }) => json.name));
const done = new Set();

while (done.size < packages.length) {
  const ready = packages.filter(
    ({ json }) => !done.has(json.name) && Object.keys(json.dependencies ?? {}).every((d) => !names.has(d) || done.has(d)),
  );
  if (ready.length === 0) throw new Error("packages depend on each other in a circle");
  for (const { path, json } of ready) {
    if (json.scripts?.[script]) {
      console.log(`\n${json.name}`);
      execSync(`npm run ${script}`, { cwd: dirname(path), stdio: "inherit" });
    }
    done.add(json.name);
  }
}
