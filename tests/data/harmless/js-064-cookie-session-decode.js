const fs = require('fs');

const lines = fs.readFileSync(process.argv[2], 'utf8').split('\n');
for (const line of lines) {
  const match = /\bsession=([\w+/=-]+)/.exec(line);
  if (!match) continue;
  const [body] = decodeURIComponent(match[1]).split('.');
  try {
    const { user, roles = [], at } = JSON.parse(Buffer.from(body, 'base64url'));
    console.log(new Date(at).toISOString(), user, roles.join(','));
  } catch (err) {
    console.log('unreadable:', err.message);
  }
}
