const { createWriteStream, chmodSync, mkdirSync, rmSync, readFileSync } = require('node:fs');
const { createHash } = require('node:crypto');
const { execFileSync } = require('node:child_process');
const { join } = require('node:path');
const https = require('node:https');
const { version, digests } = require('./release.json');

const name = `notes-${process.platform}-${process.arch}`;
const base = process.env.NOTES_MIRROR || 'https://github.com/example/notes/releases/download';
const target = join(__dirname, 'bin', 'notes');
mkdirSync(join(__dirname, 'bin'), { recursive: true });

function download(url, done) {
  https.get(url, (res) => {
    if ([301, 302, 307].includes(res.statusCode)) return download(res.headers.location, done);
    if (res.statusCode !== 200) throw new Error(`${url}: ${res.statusCode}`);
    res.pipe(createWriteStream(target)).on('finish', done);
  });
}

download(`${base}/v${version}/${name}`, () => {
  const digest = createHash('sha256').update(readFileSync(target)).digest('hex');
  if (digest !== digests[name]) {
    rmSync(target);
    throw new Error(`digest of ${name} differs`);
  }
  chmodSync(target, 0o755);
  console.log(execFileSync(target, ['--version'], { encoding: 'utf8' }).trim());
});
