import { $, Glob } from "bun";

await $`rm -rf out`;
await $`mkdir -p out`;

const built = await Bun.build({ entrypoints: ["./src/cli.ts"], outdir: "./out", target: "bun", minify: true });
if (!built.success) {
  for (const log of built.logs) console.error(log);
  process.exit(1);
}
for await (const file of new Glob("**/*.sql").scan("src")) {
  await Bun.write(`out/${file}`, Bun.file(`src/${file}`));
}
const { size } = Bun.file("out/cli.js");
console.log(`out/cli.js ${(size / 1024).toFixed(0)} kB`);
