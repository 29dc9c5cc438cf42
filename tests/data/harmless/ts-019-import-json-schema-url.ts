import { readFile } from "node:fs/promises";
import Ajv from "ajv/dist/2020.js";

const schema = await fetch("https://json.schemastore.org/package.json").then((response) => response.json());
const ajv = new Ajv({ strict: false, allErrors: true });
const valid = ajv.compile(schema);
const data: unknown = JSON.parse(await readFile(process.argv[2] ?? "package.json", "utf8"));

if (!valid(data)) {
  for (const { instancePath, message } of valid.errors ?? []) console.error(`${instancePath || "/"}: ${message}`);
  process.exitCode = 1;
}
