'use strict';

function level(stream = process.stdout, env = process.env) {
  if ('NO_COLOR' in env) return 0;
  if (env.FORCE_COLOR !== undefined) return Math.min(parseInt(env.FORCE_COLOR, 10) || 1, 3);
  if (!stream.isTTY || env.TERM === 'dumb') return 0;
  if (env.COLORTERM === 'truecolor' || env.COLORTERM === '24bit') return 3;
  return /-256(color)?$/i.test(env.TERM || '') ? 2 : 1;
}

module.exports = { level };
if (require.main === module) console.log(level());
