import { readdir, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";

const { SENTRY_AUTH_TOKEN, SENTRY_ORG, SENTRY_PROJECT, RELEASE } = process.env;
const url = `https://sentry.io/api/0/projects/${SENTRY_ORG}/${SENTRY_PROJECT}/releases/${RELEASE}/files/`;

for (const name of await readdir("dist/assets")) {
  if (!name.endsWith(".map")) continue;
  const path = join("dist/assets", name);
  const form = new FormData();
  form.set("name", `~/assets/${name}`);
  form.set("file", new Blob([await readFile(path)]), name);
  const response = await fetch(url, { method: "POST", headers: { authorization: `Bearer ${SENTRY_AUTH_TOKEN}` }, body: form });
  if (!response.ok && response.status !== 409) throw new Error(`${name}: ${response.status} ${await response.text()}`);
  await unlink(path);
  console.log("uploaded", name);
}
