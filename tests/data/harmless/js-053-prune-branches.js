const { execFileSync } = require('child_process');
const git = (...args) => execFileSync('git', args, { encoding: 'utf8' });

git('fetch', '--prune');
const gone = git('for-each-ref', '--format=%(refname:short) %(upstream:track)', 'refs/heads')
  .split('\n')
  .filter((line) => line.endsWith('[gone]'))
  .map((line) => line.split(' ')[0]);

for (const branch of gone) {
  process.stdout.write(git('branch', '-D', branch));
}
if (!gone.length) console.log('nothing to prune');
