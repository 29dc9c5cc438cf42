import { cp, mkdir, rm } from "node:fs/promises";
import * as esbuild from "esbuild";

const production = process.env.NODE_ENV === "production";

await rm("dist", { recursive: true, force: true });
await mkdir("dist");
await cp("static", "dist", { recursive: true });

const result = await esbuild.build({
  entryPoints: ["src/main.tsx"],
  bundle: true,
  minify: production,
  sourcemap: !production,
  target: "es2022",
  outdir: "dist",
  define: { "process.env.NODE_ENV": JSON.stringify(production ? "production" : "development") },
  metafile: true,
});
for (const [file, { bytes }] of Object.entries(result.metafile.outputs)) {
  console.log(file.padEnd(40), (bytes / 1024).toFixed(1), "kB");
}
