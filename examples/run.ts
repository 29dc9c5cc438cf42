/** One program in a sandbox of its own: `node examples/run.ts`. */
import { HsrApiError } from "@hsr/sdk";
import { client } from "./client.ts";

const hsr = client();
const result = await hsr.run({
  language: "python",
  code: "import sys; print(sum(int(n) for n in sys.stdin.read().split()))",
  stdin: "1 2 39",
  timeout: 5_000,
  memoryLimit: 64 * 1024 * 1024,
});
console.log(`${result.reason} with ${result.exitCode}: ${result.stdout}`);

// What the gateway refuses is an error; what a program does is a result.
try {
  await hsr.run({ argv: ["true"], isolationLevel: "maximum" });
} catch (error) {
  if (!(error instanceof HsrApiError)) throw error;
  console.log(`refused: ${error.class}`);
}
