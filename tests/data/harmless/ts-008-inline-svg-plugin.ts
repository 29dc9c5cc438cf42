import { readFile, stat } from "node:fs/promises";
import { extname } from "node:path";
import type { Plugin } from "vite";

const types: Record<string, string> = { ".svg": "image/svg+xml", ".png": "image/png", ".woff2": "font/woff2" };

export function inlineAssets(limitBytes = 4096): Plugin {
  return {
    name: "inline-assets",
    enforce: "pre",
    async load(id) {
      const type = types[extname(id)];
      if (type === undefined || (await stat(id)).size > limitBytes) return null;
      const data = (await readFile(id)).toString("base64");
      return `export default ${JSON.stringify(`data:${type};base64,${data}`)}`;
    },
  };
}
