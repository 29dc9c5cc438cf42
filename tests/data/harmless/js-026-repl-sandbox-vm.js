const vm = require('node:vm');
const readline = require('node:readline');

const output = [];
const context = vm.createContext(
  { Math, Date, JSON, print: (...args) => output.push(args.join(' ')) },
  { codeGeneration: { strings: false, wasm: false } },
);

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, code } = JSON.parse(line);
  output.length = 0;
  let reply;
  try {
    const value = vm.runInContext(code, context, { timeout: 500, filename: `cell-${id}` });
    reply = { id, ok: true, value: String(value), output: [...output] };
  } catch (err) {
    reply = { id, ok: false, error: err.message, output: [...output] };
  }
  process.stdout.write(JSON.stringify(reply) + '\n');
});
