import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync, readdirSync, unlinkSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

const stamp = new Date().toISOString().slice(0, 19).replaceAll(":", "");
mkdirSync("backups", { recursive: true });
const dump = spawn("mysqldump", ["--single-transaction", "--quick", process.env.DB_NAME ?? "app"], {
  env: { PATH: process.env.PATH, MYSQL_PWD: process.env.DB_PASSWORD },
  stdio: ["ignore", "pipe", "inherit"],
});
await pipeline(dump.stdout, createGzip(), createWriteStream(`backups/${stamp}.sql.gz`));
const all = readdirSync("backups").filter((name) => name.endsWith(".sql.gz")).sort();
for (const name of all.slice(0, -10)) unlinkSync(`backups/${name}`);
