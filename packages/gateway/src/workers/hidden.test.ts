/** Ways to hide a name or a program: each is seen through, or what it runs is told as text that nobody can follow. */
import type { LanguageName } from "@hsr/contract";
import { type AnalyzedRisk, analyzeCode, builtinRules, ruleSet } from "@hsr/core";
import { describe, expect, test } from "vitest";
import { loadParser } from "./parser.ts";

const parse = await loadParser();
const set = ruleSet(builtinRules);

function read(language: LanguageName, text: string): AnalyzedRisk {
  const program = { kind: "code" as const, language, code: Buffer.from(text), args: [] };
  return analyzeCode({ program, files: [], environment: {}, stdin: null }, { parse, mostBytes: 512 * 1024 }, set);
}

const ids = (language: LanguageName, text: string): readonly string[] =>
  read(language, text).findings.map(({ id }) => id);

/** Each of these reads the table of password hashes, or runs text that does. */
const python: Readonly<Record<string, string>> = {
  "a comprehension with a key": "open(''.join(chr(x ^ 7) for x in [40,98,115,100,40,116,111,102,99,104,112]))",
  reduce: "from functools import reduce\nopen(reduce(lambda a, b: a + b, ['/etc/', 'sha', 'dow']))",
  "sorted pairs": "open(''.join(x for _, x in sorted([(1, 'tc/sha'), (0, '/e'), (2, 'dow')])))",
  "a regular expression": "import re\nopen(re.sub('#+', '', '/e##tc/s#hadow'))",
  "a table of letters": "open('/etc/123456'.translate(str.maketrans('123456', 'shadow')))",
  "a whole number": "open((0x2f6574632f736861646f77).to_bytes(11, 'big').decode())",
  "packed words": "import struct\nopen(struct.pack('>2I3s', 0x2f657463, 0x2f736861, b'dow').decode())",
  "a format": "open('{0}{d[k]}{1:>3}'.format('/etc/', 'dow', d={'k': 'sha'}))",
  "a template": "import string\nopen(string.Template('/$a/$b').substitute(a='etc', b='shadow'))",
  "an object that writes itself": "class A:\n  def __str__(self):\n    return '/etc/' + 'shadow'\nopen(str(A()))",
  "an operator of a class":
    "class F:\n  def __init__(self, f): self.f = f\n  def __matmul__(self, a): return self.f(*a)\nF(open) @ ('/etc/shadow',)",
  "an item of a class":
    "class F:\n  def __init__(self, f): self.f = f\n  def __getitem__(self, a): return self.f(*a)\nF(open)['/etc/shadow', 'r']",
  "letters of mathematics": "𝒐𝒑𝐞𝔫('/etc/shadow')",
  "names of the program": "globals()['p' + 'ath'] = '/etc/shadow'\nopen(path)",
  "a frame": "import sys\nsys._getframe().f_builtins['open']('/etc/shadow')",
  "the names of a function": "(lambda: 0).__globals__['__builtins__']['nepo'[::-1]]('/etc/shadow')",
  "any class of the interpreter":
    "[c for c in ().__class__.__bases__[0].__subclasses__() if c.__name__ == '_wrap_close'][0].__init__.__globals__['popen']('cat /etc/shadow')",
  "a search through a module":
    "import os\n[getattr(os, n) for n in dir(os) if n == 'po' + 'pen'][0]('cat /etc/shadow')",
  "another module's module": "import shutil\nshutil.os.popen('cat /etc/shadow')",
  "a bound method": "import types\ntypes.MethodType(lambda s, *a: open(*a), 0)('/etc/shadow')",
  "a partial with names": "from functools import partial\npartial(open, file='/etc/shadow')()",
  "a machine of states":
    "s = 3\nwhile s != 9:\n  if s == 5:\n    open(p)\n    s = 9\n  elif s == 3:\n    p = '/etc/shadow'\n    s = 5",
  "a match": "def f(k):\n  match k:\n    case 1: return '/tmp/x'\n    case 2: return '/etc/shadow'\nopen(f(2))",
  "an error": "try:\n  raise ValueError('/etc/shadow')\nexcept ValueError as e:\n  open(e.args[0])",
  "a context":
    "class C:\n  def __init__(self, p): self.p = p\n  def __enter__(self): return open(self.p)\n  def __exit__(self, *a): pass\nwith C('/etc/shadow') as f: pass",
  "a subclass": "class B:\n  def __init_subclass__(cls, p=None): open(p)\nclass D(B, p='/etc/shadow'): pass",
  "a metaclass": "class M(type):\n  def __new__(m, n, b, d): open(d['p'])\nclass D(metaclass=M):\n  p = '/etc/shadow'",
  "a descriptor": "class G:\n  def __get__(self, o, t): return '/etc/shadow'\nclass D:\n  p = G()\nopen(D().p)",
  "a property": "class D:\n  @property\n  def p(self): return '/etc/shadow'\nopen(D().p)",
  "a global that a function sets": "p = '/tmp/x'\ndef f():\n  global p\n  p = '/etc/shadow'\nf()\nopen(p)",
  "bytes changed in place": "b = bytearray(b'/etc/shadox')\nb[10] ^= 15\nopen(bytes(b).decode())",
  "a document": "def f():\n  '''/etc/shadow'''\nopen(f.__doc__)",
  "at the end": "import atexit\natexit.register(open, '/etc/shadow')",
  "another interpreter's input":
    "import subprocess, sys\nsubprocess.run([sys.executable, '-'], input=b\"open('/etc/shadow')\")",
  "another interpreter's argument":
    "import subprocess, sys\nsubprocess.run([sys.executable, '-c', \"open('/etc/shadow')\"])",
  "an input that comes later":
    "import subprocess\np = subprocess.Popen(['python3'], stdin=subprocess.PIPE)\np.communicate(b\"open('/etc/shadow')\")",
  "a file of its own":
    "import tempfile, runpy\nwith tempfile.NamedTemporaryFile('w', suffix='.py', delete=False) as f:\n  f.write(\"open('/etc/shadow')\")\nrunpy.run_path(f.name)",
  "an interpreter inside":
    "import code\ncode.InteractiveInterpreter().runcode(compile(\"open('/etc/shadow')\", 'i', 'exec'))",
  "a function of code": "type(lambda: 0)(compile(\"open('/etc/shadow')\", 'm', 'exec'), {})()",
  entities: "import html\nopen(html.unescape('&#47;etc&#x2f;shadow'))",
  "lines of uuencode": "import binascii\nopen(binascii.a2b_uu(b'++V5T8R]S:&%D;W< ').decode())",
};

const javaScript: Readonly<Record<string, string>> = {
  "codes of letters":
    "require('fs').readFileSync([98,40,57,46,98,62,37,44,41,34,58].map((c) => String.fromCharCode(c ^ 77)).join(''))",
  "a rotation by a pattern":
    "require('fs').readFileSync('/rgp/funqbj'.replace(/[a-zA-Z]/g, (c) => String.fromCharCode((c <= 'Z' ? 90 : 122) >= (c = c.charCodeAt(0) + 13) ? c : c - 26)))",
  "pieces out of order":
    "require('fs').readFileSync([[1, 'c/sha'], [0, '/et'], [2, 'dow']].sort((a, b) => a[0] - b[0]).map((x) => x[1]).join(''))",
  "escapes in names": "const f = requir\\u{65}('fs'); f.r\\u0065adFileSync('/etc/shadow')",
  "a table that is turned":
    "const t = ['/etc/shadow', 'fs', 'readFileSync'];\n(function (a, n) { while (n--) a.push(a.shift()); })(t, 1);\nfunction g(i) { return t[i - 5]; }\nrequire(g(5))[g(6)](g(7));",
  "a getter": "class P { static get v() { return '/etc/' + 'shadow'; } }\nrequire('fs').readFileSync(P.v)",
  "a proxy":
    "const fs = require('fs');\nnew Proxy(fs, { get: (t, k) => t[k.split('').reverse().join('')] })['cnySeliFdaer']('/etc/shadow')",
  "a bound function": "require.bind(null, 'fs')().readFileSync('/etc/shadow')",
  Reflect: "Reflect.apply(require, null, ['fs']).readFileSync('/etc/shadow')",
  "the arguments of a module": "arguments[1]('fs').readFileSync('/etc/shadow')",
  "the constructor of functions":
    "Object.getPrototypeOf(async function () {}).constructor('require', \"require('fs').readFileSync('/etc/shadow')\")(require)",
  "a module that compiles":
    "const M = module.constructor; const m = new M('p'); m._compile(\"require('fs').readFileSync('/etc/shadow')\", 'p.js')",
  "a machine of states":
    "let f, p;\nconst o = '1|0'.split('|'); let i = 0;\nwhile (true) { switch (o[i++]) { case '0': require('fs').readFileSync(p); continue; case '1': p = '/etc/shadow'; continue; } break; }",
  "another interpreter":
    "require('child_process').spawnSync(process.execPath, ['-e', \"require('fs').readFileSync('/etc/shadow')\"])",
};

/** None of these can be followed, and what comes out is run. */
const unfollowed: readonly (readonly [LanguageName, string, string])[] = [
  ["python", "a text that grows without end", "s = 'a'\nfor i in range(60):\n    s = s + s\nexec(s)"],
  ["python", "a decoder that is not known", "import lzma\nexec(lzma.decompress(b'abc'))"],
  ["python", "a cipher", "from Crypto.Cipher import AES\nexec(AES.new(b'0123456789abcdef', 1).decrypt(b'xyz'))"],
  ["python", "objects of code", "import marshal\nexec(marshal.loads(b'abcdef'))"],
  ["python", "a name that is computed", "import os, hashlib\ngetattr(os, hashlib.md5(b'x').hexdigest())('ls')"],
  ["python", "an import by a computed name", "import lzma\n__import__(lzma.decompress(b'abc').decode()).system('ls')"],
  ["python", "too long a loop", "s = ''\nfor c in 'x' * 5000:\n    s += chr(ord(c) ^ 1)\nexec(s)"],
  [
    "python",
    "another interpreter",
    "import subprocess, sys, lzma\nsubprocess.run([sys.executable, '-c', lzma.decompress(b'abc')])",
  ],
];

describe("Python is seen through", () => {
  test.each(Object.entries(python))("%s", (_way, text) => {
    expect(ids("python", text)).toContain("reads-password-hashes");
  });
});

describe("JavaScript is seen through", () => {
  test.each(Object.entries(javaScript))("%s", (_way, text) => {
    expect(ids("javascript", text)).toContain("reads-password-hashes");
  });
});

describe("text that a program makes of its own constants and runs unseen is high", () => {
  test.each(unfollowed)("%s: %s", (language, _way, text) => {
    const risk = read(language, text);
    expect([risk.level, risk.findings.map(({ id }) => id)]).toEqual([
      "high",
      expect.arrayContaining(["runs-self-made-text"]),
    ]);
  });

  test.each([
    ["a parameter", "def run(code):\n    exec(code)"],
    ["a file", "exec(open('version.py').read())"],
    ["a template of parameters", "def make(name):\n    exec('class %s: pass' % name)"],
    ["a program that is looked for", "import shutil, subprocess\nsubprocess.run([shutil.which('git'), 'status'])"],
    ["a visitor", "class V:\n    def visit(self, node):\n        return getattr(self, 'visit_' + node.kind)(node)"],
  ])("but not %s", (_way, text) => {
    expect(ids("python", text)).not.toContain("runs-self-made-text");
  });
});

test("a list times no whole number of times makes no list", () => {
  for (const times of ["1.5", "-3", "1e308 * 10", "(1 << 70)", "float('inf')"])
    expect(read("python", `x = [1, 2] * ${times}\nprint(x)`).level).toBe("low");
});
