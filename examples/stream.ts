/** Output as it comes, and a program that is ended when it takes too long for us: `node examples/stream.ts`. */
import { client } from "./client.ts";

const hsr = client();
const run = hsr.run({ language: "bash", code: "for i in 1 2 3; do echo $i; sleep 0.1; done; exit 4" });
for await (const chunk of run.output) console.log(`${chunk.stream}: ${chunk.text.trim()}`);
console.log(`exit code ${(await run).exitCode}`);

const signal = AbortSignal.timeout(300);
await hsr.run({ argv: ["sleep", "60"] }, { signal }).catch((error: unknown) => {
  console.log(`ended: ${error instanceof Error ? error.name : String(error)}`);
});
