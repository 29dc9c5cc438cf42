const tls = require('tls');

for (const host of process.argv.slice(2)) {
  const socket = tls.connect({ host, port: 443, servername: host, timeout: 5000 }, () => {
    const { valid_to: end, issuer } = socket.getPeerCertificate();
    const days = Math.floor((Date.parse(end) - Date.now()) / 864e5);
    console.log(`${days < 14 ? '!!' : 'ok'} ${host.padEnd(30)} ${days} days  ${issuer.O}`);
    socket.end();
  });
  socket.on('timeout', () => socket.destroy(new Error('timeout')));
  socket.on('error', (err) => console.log(`?? ${host.padEnd(30)} ${err.message}`));
}
