/** Programs that only print, with the constructs that a rewrite could break. Their variants are really run. */
import type { ObfuscatedLanguage } from "./index.ts";

export const samples: Readonly<Record<Exclude<ObfuscatedLanguage, "typescript">, readonly string[]>> = {
  python: [
    `#!/usr/bin/env python3
"""Doc string, with 'quotes' and import os in it."""
import os, sys
import json
import urllib.parse
from textwrap import dedent

NAMES = {"first": 'Änne', "second": "b%s" % "x", 'third': f"{os.sep}{len(sys.argv)}"}


class Box:
    kind = "box"

    def show(self, *, sep="-"):
        match self.kind:
            case "box":
                return sep.join(["one" "two", 'three'])
            case _:
                return "none"


def parts(path: "str" = "/a/b") -> "list":
    return [p for p in path.split("/") if p not in ("", "x")]


print(Box().show(sep="+"), parts(), json.dumps(NAMES, sort_keys=True, ensure_ascii=False))
print(urllib.parse.quote("a b/c"), os.path.join("u", "v"), "%d %s" % (3, "four"), "\\t|" + r"\\d")
print(dedent("""
    import os
    x""").strip(), "a" if os.environ.get("NOT_SET_AT_ALL") else "b", "é☃😀"[::-1])
if __name__ == "__main__":
    sys.stdout.write("end\\n")
`,
    `import base64
import hashlib
import re

text = base64.b64encode(b"hello").decode()
print(text, hashlib.sha256("abc".encode()).hexdigest()[:8])
print(re.sub(r"[aeiou]", "*", "education"), {"a": 1}["a"], eval("1 + 2"), not"", "x"in"xyz")
try:
    open("/does/not/exist")
except FileNotFoundError as error:
    print("no", error.filename, end=";\\n")
print(*(word.upper() for word in "one two".split(" ")), sep=", ")
total = 0
for n in range(4): total += n
print(f"total {total:>4} {'in'} {{}}")
`,
    `import math as m
import time
from os import path


def outer():
    import string
    count = 0

    def inner():
        nonlocal count
        count += 1
        return string.digits[count]

    return inner() + inner()


time.unused = 3
print(outer(), m.floor(2.7), path.basename("/x/y.z"), time.unused, time.strftime("%Y", time.gmtime(0)))
print([*"ab"], {**{"k": "v"}}, lambda: "z", sep="\\n"[:1]) if False else print("done", 1_000, 0x1F, 1e3, .5)
`,
  ],
  javascript: [
    `'use strict';
const path = require('node:path');
const { format } = require("util");
const table = { 'key one': 1, two: 'zwei', "three"() { return "3"; } };
const re = /["'/\\]]+/g;
console.log(path.join('a', 'b'), format('%s-%d', 'x', 7), table['key one'], table.three(), 'it"s'.replace(re, "_"));
label: for (const word of ['one', "two"]) { if (word === 'two') break label; console.log(word.toUpperCase().length / 3 / 1); }
switch ('b') { case 'a': console.log("A"); break; case "b": console.log('B'); }
console.log(true ? "yes" : 'no', \`t \${'in'.length + \`\${"n"}\`} \${process.argv.length > 1}\`, 'Ä☃😀');
console.log(typeof fetch, (1.5).toFixed(1), 1..toString(), { process: 1 }.process, [1, 2].map((x) => x * 2).join('+'))
`,
    `import { basename, join as glue } from "node:path";
import os from 'node:os';

class Counter {
  #n = 0;
  static label = "count";
  get value() { return this.#n; }
  up() { this.#n += 1; return this; }
}
const text = await Promise.resolve("later");
console.log(basename("/x/y.txt"), glue('p', "q"), os.EOL.length, Counter.label, new Counter().up().up().value, text);
const data = { a: { b: ["c"] } };
console.log(data?.a?.b[0], data.missing?.x ?? "none", Buffer.from("aGk=", 'base64').toString());
console
  .log("chained");
console.log((await import('node:url')).pathToFileURL('/t').protocol, JSON.stringify({ "x-y": 'z' }))
`,
    `const words = "alpha beta gamma".split(" ");
function* pairs(list) { for (let i = 0; i < list.length; i++) yield [i, list[i]]; }
for (const [i, w] of pairs(words)) console.log(i + ":" + w);
const divide = (a, b) => a / b; // a "comment" with 'quotes'
console.log(divide(6, 3) / 2, words.at(-1), \`\${words.length}\`, Math.max(...words.map((w) => w.length)));
try { null.x } catch { console.log("caught") }
if (words.includes("beta")) { console.log('β') }
`,
  ],
  bash: [
    `#!/usr/bin/env bash
set -euo pipefail
# a comment with 'quotes' and cat /etc/passwd
dir="some where" n=3
declare -A age=(["anna"]=31 ["ben"]=7)
show() {
  local what=$1; shift
  printf '%s: %s\\n' "$what" "$*"
}
show first 'two words' "and three" plain
for who in anna ben; do echo "$who \${age[$who]}"; done | sort
if [[ $dir == "some where" ]]; then echo "same $((n * 2))"; else echo no; fi
case $n in 1 | 2) echo low ;; 3) echo "three" ;; esac
cat <<EOF | tr a-z A-Z
here $n it's "text"
	echo not a command
EOF
cat <<'END'
raw $n \`x\`
END
echo "\${dir// /_} $(echo nested "quo'ted" | wc -w | tr -d ' ')" && echo 'it'"'"'s'
while IFS=: read -r a b; do echo "$b-$a"; done <<< "x:y"
echo -n abc | rev; echo
ls /does/not/exist 2>/dev/null || echo "gone $?"
`,
    `#!/bin/bash
echo one two   three
printf '%s\\n' b a c | sort -r | head -n 2
x=/usr/share
echo $x/doc /etc/hosts "/etc/passwd" '/a/b'
date -u -d @0 +%Y
seq 1 3 | grep -v 2
tr a-c x-z <<< abc
cut -d: -f2 <<< "k:v"
wc -c < /dev/null
echo $'tab\\there' "dollar \\$5" \\
  continued line
basename /x/y.txt .txt
`,
    `data=(alpha "beta gamma" 'delta')
echo "\${#data[@]} \${data[1]}"
count=0
until (( count >= 2 )); do count=$((count + 1)); echo "round $count"; done
f() { echo "f: $#" "$@"; }
f "a b" c
out=$(f x | sed 's/f/g/'); echo "$out"
! grep -q z <<< abc && echo "no z"
{ echo grouped; echo twice; } | cat
(cd / && echo sub)
echo "%percent% !bang~ ü"
`,
  ],
};
