import fs from "node:fs/promises";
import path from "node:path";
import sharp from "sharp";

const sizes = [320, 640, 1280];
await fs.mkdir("public/img", { recursive: true });
for await (const entry of fs.glob("content/**/*.{jpg,png}")) {
  const { name } = path.parse(entry);
  for (const width of sizes) {
    const image = sharp(entry).rotate().resize({ width, withoutEnlargement: true });
    await Promise.all([
      image.clone().webp({ quality: 78 }).toFile(`public/img/${name}-${width}.webp`),
      image.clone().avif({ quality: 55 }).toFile(`public/img/${name}-${width}.avif`),
    ]);
  }
}
