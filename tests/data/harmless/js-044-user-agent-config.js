const fs = require('fs');
const os = require('os');
const path = require('path');

function folder() {
  if (process.platform === 'win32') return path.join(process.env.APPDATA, 'notes');
  if (process.platform === 'darwin') return path.join(os.homedir(), 'Library', 'Preferences', 'notes');
  return path.join(process.env.XDG_CONFIG_HOME || path.join(os.homedir(), '.config'), 'notes');
}

const file = path.join(folder(), 'config.json');

exports.load = () => {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (err) {
    if (err.code === 'ENOENT') return {};
    throw err;
  }
};

exports.save = (settings) => {
  fs.mkdirSync(folder(), { recursive: true });
  fs.writeFileSync(file, JSON.stringify(settings, null, 2), { mode: 0o600 });
};
