function driverFor(url) {
  const scheme = new URL(url).protocol.slice(0, -1);
  const name = scheme.includes('+') ? scheme.split('+')[1] : scheme;
  try {
    return require(`@notes/driver-${name}`);
  } catch (err) {
    if (err.code === 'MODULE_NOT_FOUND') {
      throw new Error(`There is no driver for ${scheme}. Try: npm install @notes/driver-${name}`);
    }
    throw err;
  }
}

module.exports = { driverFor };
