import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

const { name, version } = JSON.parse(readFileSync("package.json", "utf8")) as { name: string; version: string };
const stage = `build/stage/${name}-${version}`;

rmSync("build/stage", { recursive: true, force: true });
mkdirSync(stage, { recursive: true });
for (const part of ["dist", "README.md", "LICENSE"]) cpSync(part, `${stage}/${part}`, { recursive: true });
writeFileSync(`${stage}/VERSION`, `${version}\n`);
execFileSync("tar", ["-czf", `build/${name}-${version}.tar.gz`, "-C", "build/stage", `${name}-${version}`]);
console.log(`build/${name}-${version}.tar.gz`);
