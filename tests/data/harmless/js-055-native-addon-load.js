'use strict';

let hash;
try {
  hash = require('./build/Release/xxhash.node').hash64;
} catch (err) {
  if (err.code !== 'MODULE_NOT_FOUND') throw err;
  const { createHash } = require('crypto');
  hash = (data) => createHash('md5').update(data).digest('hex').slice(0, 16);
}

module.exports = function etag(body) {
  return `"${body.length.toString(16)}-${hash(body)}"`;
};
