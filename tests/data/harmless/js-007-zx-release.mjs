#!/usr/bin/env zx
import "zx/globals";

const bump = argv._[0] ?? "patch";
const branch = (await $`git branch --show-current`).stdout.trim();
if (branch !== "main") throw new Error(`on ${branch}, not on main`);
await $`git diff --quiet`;

await fs.remove("dist");
await $`npm run build`;
await $`npm version ${bump} --no-git-tag-version`;
const { version } = await fs.readJson("package.json");
await fs.outputJson("dist/build.json", { version, at: new Date().toISOString() });
await $`git commit -am ${`release ${version}`}`;
await $`git tag v${version}`;
await $`npm publish --access public`;
await $`git push --follow-tags`;
console.log(chalk.green(`released ${version}`));
