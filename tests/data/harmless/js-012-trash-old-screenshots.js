const fs = require('fs/promises');
const os = require('os');
const path = require('path');

const desktop = path.join(os.homedir(), 'Desktop');
const archive = path.join(os.homedir(), 'Pictures', 'Screenshots');
const week = 7 * 24 * 3600 * 1000;

(async () => {
  await fs.mkdir(archive, { recursive: true });
  for (const name of await fs.readdir(desktop)) {
    if (!/^Screenshot .*\.png$/.test(name)) continue;
    const from = path.join(desktop, name);
    const { mtimeMs } = await fs.stat(from);
    if (Date.now() - mtimeMs > week) {
      await fs.rename(from, path.join(archive, name));
      console.log('moved', name);
    }
  }
})();
