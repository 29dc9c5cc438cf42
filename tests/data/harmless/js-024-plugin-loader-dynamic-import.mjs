import { readdir } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { resolve } from "node:path";

export async function loadPlugins(folder, context) {
  const plugins = [];
  for (const name of (await readdir(folder)).sort()) {
    if (!/\.m?js$/.test(name)) continue;
    const module = await import(pathToFileURL(resolve(folder, name)).href);
    if (typeof module.default !== "function") throw new TypeError(`${name} exports no function`);
    plugins.push({ name, ...(await module.default(context)) });
  }
  return plugins;
}

const plugins = await loadPlugins("plugins", { log: console.log });
console.log(plugins.map((plugin) => plugin.name).join(", "));
