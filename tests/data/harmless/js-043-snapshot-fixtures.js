const fs = require('fs');
const path = require('path');
const zlib = require('zlib');
const { render } = require('../lib/render');

const update = process.argv.includes('--update');
const dir = path.join(__dirname, 'fixtures');
let failed = 0;

for (const name of fs.readdirSync(dir).filter((f) => f.endsWith('.in.json'))) {
  const expected = path.join(dir, name.replace('.in.json', '.out.b64'));
  const got = render(JSON.parse(fs.readFileSync(path.join(dir, name), 'utf8')));
  if (update) {
    fs.writeFileSync(expected, zlib.gzipSync(got).toString('base64'));
    continue;
  }
  const want = zlib.gunzipSync(Buffer.from(fs.readFileSync(expected, 'utf8'), 'base64'));
  if (!want.equals(Buffer.from(got))) {
    failed += 1;
    console.error('differs:', name);
  }
}
process.exit(failed ? 1 : 0);
