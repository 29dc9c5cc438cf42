const fs = require('node:fs');

let cached;

function isInContainer() {
  if (cached === undefined) {
    cached = fs.existsSync('/.dockerenv') || fs.existsSync('/run/.containerenv') || mentioned('/proc/self/cgroup');
  }
  return cached;
}

function mentioned(file) {
  try {
    return /docker|kubepods|containerd/.test(fs.readFileSync(file, 'utf8'));
  } catch {
    return false;
  }
}

console.log(isInContainer() ? 'container' : 'host');
