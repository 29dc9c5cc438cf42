const fs = require('fs');

const prefix = 'PUBLIC_';
const settings = {};
Object.keys(process.env)
  .filter((name) => name.startsWith(prefix))
  .sort()
  .forEach((name) => {
    settings[name.slice(prefix.length).toLowerCase()] = process.env[name];
  });

fs.writeFileSync('public/config.js', `window.__CONFIG__ = ${JSON.stringify(settings, null, 2)};\n`);
console.log(`${Object.keys(settings).length} settings`);
