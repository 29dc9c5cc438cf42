const fs = require('fs');

const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (value) => String(value).replace(/[&<>"]/g, (c) => escapes[c]);

function compile(source) {
  let body = "let out = '';\nwith (data) {\n";
  let cursor = 0;
  for (const match of source.matchAll(/<%([-=]?)([\s\S]+?)%>/g)) {
    body += `out += ${JSON.stringify(source.slice(cursor, match.index))};\n`;
    if (match[1] === '=') body += `out += escape(${match[2]});\n`;
    else if (match[1] === '-') body += `out += ${match[2]};\n`;
    else body += `${match[2]}\n`;
    cursor = match.index + match[0].length;
  }
  body += `out += ${JSON.stringify(source.slice(cursor))};\n}\nreturn out;`;
  const render = new Function('data', 'escape', body);
  return (data) => render(data, escape);
}

const page = compile(fs.readFileSync('views/list.ejs', 'utf8'));
console.log(page({ title: 'Fruit', items: ['apple', 'pear'] }));
