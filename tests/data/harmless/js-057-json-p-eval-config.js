const fs = require('fs');
const vm = require('vm');

// Old sites ship `var config = {...}` files; they are read in an empty context.
function readLegacy(file) {
  const context = {};
  vm.runInNewContext(fs.readFileSync(file, 'utf8'), context, { filename: file, timeout: 200 });
  if (typeof context.config !== 'object') throw new Error(`${file} sets no config`);
  return context.config;
}

const old = readLegacy('legacy/config.js');
console.log(JSON.stringify({ title: old.siteTitle, pages: old.pages.length }, null, 2));
