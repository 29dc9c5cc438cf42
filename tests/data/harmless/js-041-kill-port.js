const { execSync } = require('child_process');

const port = Number(process.argv[2]);
if (!Number.isInteger(port)) throw new Error('usage: kill-port NUMBER');

let out = '';
try {
  out = execSync(`lsof -nP -iTCP:${port} -sTCP:LISTEN -t`, { encoding: 'utf8' });
} catch {
  console.log(`nobody listens on ${port}`);
}
for (const pid of out.split('\n').filter(Boolean)) {
  process.kill(Number(pid), 'SIGTERM');
  console.log(`asked ${pid} to stop`);
}
