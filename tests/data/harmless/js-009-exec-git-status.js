const util = require('util');
const exec = util.promisify(require('child_process').exec);

async function gitState(cwd) {
  const { stdout } = await exec('git status --porcelain=v2 --branch', { cwd });
  const state = { branch: null, ahead: 0, behind: 0, changed: [], untracked: [] };
  for (const line of stdout.split('\n')) {
    const words = line.split(' ');
    if (line.startsWith('# branch.head')) state.branch = words[2];
    else if (line.startsWith('# branch.ab')) [state.ahead, state.behind] = [+words[2], -words[3]];
    else if (/^[12u] /.test(line)) state.changed.push(words.slice(8).join(' '));
    else if (line.startsWith('? ')) state.untracked.push(line.slice(2));
  }
  return state;
}

gitState(process.cwd()).then((state) => console.log(JSON.stringify(state, null, 2)));
