/** A shell with a terminal, typed into by a program: `node examples/terminal.ts`. */
import { client } from "./client.ts";

const hsr = client();
// What is typed cannot be judged in advance, so the sandbox has to allow it when it is made.
await using sandbox = await hsr.sandboxes.create({ allow: ["opaque"], ttlMs: 60_000 });
const terminal = await sandbox.terminal({ argv: ["sh"], rows: 24, cols: 80, environment: { PS1: "" } });
terminal.write("stty -echo; echo; stty size; exit\r");
const decoder = new TextDecoder();
let shown = "";
for await (const bytes of terminal.output) shown += decoder.decode(bytes, { stream: true });
console.log(/^\d+ \d+/m.exec(shown)?.[0]);
console.log(`the shell ended with ${(await terminal.exit).exitCode}`);
