'use strict';
const fs = require('fs');
const path = require('path');

const names = new Set(['dist', 'coverage', '.turbo', '.cache']);
for (const pkg of fs.readdirSync('packages')) {
  for (const name of names) {
    const dir = path.join('packages', pkg, name);
    if (fs.existsSync(dir)) {
      fs.rmSync(dir, { recursive: true });
      console.log('removed', dir);
    }
  }
}
