const fs = require('fs');

const file = process.argv[2] || '/var/log/syslog';
const pattern = new RegExp(process.argv[3] || 'error|fail', 'i');
let position = fs.statSync(file).size;
let rest = '';

fs.watchFile(file, { interval: 500 }, (now) => {
  if (now.size < position) position = 0;
  fs.createReadStream(file, { start: position, encoding: 'utf8' })
    .on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      lines.filter((line) => pattern.test(line)).forEach((line) => console.log(line));
    })
    .on('end', () => {
      position = now.size;
    });
});
