const os = require('os');

const gb = (n) => `${(n / 2 ** 30).toFixed(1)} GB`;
const addresses = Object.entries(os.networkInterfaces()).flatMap(([name, list]) =>
  list.filter((a) => !a.internal && a.family === 'IPv4').map((a) => `${name} ${a.address}`),
);

console.log(`${os.hostname()}  ${os.type()} ${os.release()} ${os.arch()}`);
console.log(`up ${(os.uptime() / 3600).toFixed(0)} h, load ${os.loadavg().map((n) => n.toFixed(2)).join(' ')}`);
console.log(`${os.cpus().length} x ${os.cpus()[0].model}`);
console.log(`memory ${gb(os.totalmem() - os.freemem())} of ${gb(os.totalmem())}`);
console.log(addresses.join('\n'));
