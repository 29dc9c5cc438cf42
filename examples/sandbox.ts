/** A sandbox that lives for a while, with files: `node examples/sandbox.ts`. It is deleted at the end of the block. */
import { client } from "./client.ts";

const hsr = client();
await using sandbox = await hsr.sandboxes.create({ ttlMs: 60_000, labels: { example: "sandbox" } });
await sandbox.files.write("data/numbers.txt", "3\n1\n2\n");
const sorted = await sandbox.exec({ argv: ["sort", "-o", "data/sorted.txt", "data/numbers.txt"] });
console.log(`sort: ${sorted.exitCode}`);
console.log((await sandbox.files.readText("data/sorted.txt")).replaceAll("\n", " "));
const found: string[] = [];
for await (const entry of sandbox.files.list("data")) found.push(`${entry.path}, ${entry.bytes} bytes`);
console.log(found.toSorted((a, b) => a.localeCompare(b)).join("\n"));

// In the background, and looked at later.
const counting = await sandbox.start({ language: "python", code: "for i in range(3): print(i)" });
const { stdout, usage } = await counting.wait();
console.log(`counted ${stdout?.split("\n").join(" ")}in ${usage === null ? "no" : "some"} time`);
