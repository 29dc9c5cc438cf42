import { readFile, writeFile } from "node:fs/promises";

const url = "https://raw.githubusercontent.com/publicsuffix/list/main/public_suffix_list.dat";
const cached = await readFile("psl.json", "utf8").then(JSON.parse, () => ({}));
const response = await fetch(url, { headers: cached.etag ? { "if-none-match": cached.etag } : {} });

if (response.status === 304) {
  console.log("not changed,", cached.rules.length, "rules");
} else {
  const rules = (await response.text()).split("\n").filter((line) => line && !line.startsWith("//"));
  await writeFile("psl.json", JSON.stringify({ etag: response.headers.get("etag"), rules }));
  console.log(rules.length, "rules");
}
