const assert = require('node:assert/strict');
const test = require('node:test');

const bytes = Buffer.from('AGFzbQEAAAABBwFgAn9/AX8DAgEABwcBA2FkZAAACgkBBwAgACABags=', 'base64');

test('adds numbers', async () => {
  const { instance } = await WebAssembly.instantiate(bytes);
  assert.equal(instance.exports.add(20, 22), 42);
});

test('refuses a bad module', async () => {
  assert.equal(WebAssembly.validate(Buffer.from('not wasm')), false);
});
