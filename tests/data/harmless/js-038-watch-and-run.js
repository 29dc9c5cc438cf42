const { watch } = require('node:fs');
const { spawn } = require('node:child_process');

const [command, ...args] = process.argv.slice(2);
let child = null;
let timer = null;

function start() {
  if (child) child.kill();
  console.log('>', command, ...args);
  child = spawn(command, args, { stdio: 'inherit' });
  child.on('exit', () => {
    child = null;
  });
}

watch('src', { recursive: true }, (event, name) => {
  if (name && name.endsWith('~')) return;
  clearTimeout(timer);
  timer = setTimeout(start, 150);
});
start();
