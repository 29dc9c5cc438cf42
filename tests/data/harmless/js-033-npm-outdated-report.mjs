import { readFile } from "node:fs/promises";

const { dependencies = {}, devDependencies = {} } = JSON.parse(await readFile("package.json", "utf8"));
const wanted = Object.entries({ ...dependencies, ...devDependencies });

const rows = await Promise.all(
  wanted.map(async ([name, range]) => {
    const reply = await fetch(`https://registry.example.com/${name.replace("/", "%2f")}/latest`);
    const { version } = await reply.json();
    return { name, range, version };
  }),
);
console.table(rows.filter(({ range, version }) => !range.endsWith(version)));
