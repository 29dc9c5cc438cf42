import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const results = {};
for (const version of ["20", "22", "24"]) {
  const copy = mkdtempSync(join(tmpdir(), `matrix-${version}-`));
  try {
    cpSync(".", copy, { recursive: true, filter: (path) => !/node_modules|\.git$/.test(path) });
    execFileSync("docker", ["run", "--rm", "-v", `${copy}:/app`, "-w", "/app", `node:${version}-slim`, "npm", "ci"], { stdio: "ignore" });
    const run = spawnSync("docker", ["run", "--rm", "-v", `${copy}:/app`, "-w", "/app", `node:${version}-slim`, "npm", "test"]);
    results[version] = run.status === 0 ? "ok" : `failed (${run.status})`;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
console.table(results);
