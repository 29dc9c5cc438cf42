import { spawn } from "node:child_process";

const commands = {
  api: ["node", ["--watch", "server/index.js"]],
  web: ["npx", ["vite", "--port", "5173", "--strictPort"]],
};
const children = [];

for (const [name, [file, args]] of Object.entries(commands)) {
  const child = spawn(file, args, { env: { ...process.env, FORCE_COLOR: "1" }, stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      for (const line of text.trimEnd().split("\n")) console.log(`[${name}] ${line}`);
    });
  }
  child.on("exit", (code) => {
    console.log(`[${name}] ended with ${code}`);
    for (const other of children) if (other !== child) other.kill();
  });
  children.push(child);
}
process.on("SIGINT", () => children.forEach((child) => child.kill("SIGINT")));
