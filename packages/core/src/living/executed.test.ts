import { describe, expect, test } from "vitest";
import { executedBy } from "./executed.ts";

const around = { cwd: "/workspace", environment: { PATH: "/usr/local/bin:/usr/bin:/bin" } };
const of = (...argv: readonly string[]) => executedBy(argv, around);

describe("what a command line runs", () => {
  test.each([
    [["ls", "-l", "x"], []],
    [["/usr/bin/python3", "main.py", "data.csv"], ["/workspace/main.py"]],
    [["python3.11", "-u", "-W", "ignore", "/tmp/a.py"], ["/tmp/a.py"]],
    [
      ["python3", "-m", "tool.cli"],
      [
        "/workspace/tool.py",
        "/workspace/tool/__init__.py",
        "/workspace/tool/cli.py",
        "/workspace/tool/cli/__main__.py",
      ],
    ],
    [["python3", "-c", "print(1)", "x.py"], []],
    [
      ["node", "--require=./hook.js", "main.mjs"],
      ["/workspace/./hook.js", "/workspace/main.mjs"],
    ],
    [["node", "-r", "./hook.js", "-e", "1"], ["/workspace/./hook.js"]],
    [["./prog"], ["/workspace/./prog"]],
    [["/usr/../workspace/prog"], ["/usr/../workspace/prog"]],
    [["env", "A=b", "nice", "-n", "5", "timeout", "-k", "1", "5s", "bash", "run.sh"], ["/workspace/run.sh"]],
    [["busybox", "sh", "run.sh"], ["/workspace/run.sh"]],
    [["bash", "-o", "pipefail", "run.sh"], ["/workspace/run.sh"]],
    [
      ["bash", "-ec", "A=1 ./prog; . lib.sh | cat out.txt"],
      ["/workspace/./prog", "/workspace/lib.sh"],
    ],
    [
      ["sh", "-c", "sh < run.sh; python3 <lib.py"],
      ["/workspace/run.sh", "/workspace/lib.py"],
    ],
    [["sh", "-c", "python3 --version; awk '{print}' x | sort"], []],
    [
      ["sh", "-c", "if ./test; then exec python3 'main.py'; fi"],
      ["/workspace/./test", "/workspace/main.py"],
    ],
  ])("%j", (argv, files) => {
    expect(of(...argv)).toMatchObject({ files, computed: false });
  });

  test.each([
    [["bash", "-c", "$(cat f)"]],
    [["bash", "-c", "true; `cat f`"]],
    [["bash", "-c", 'eval "$CODE"']],
    [["bash", "-c", '"$PROG" x']],
    [["bash", "$FILE"]],
    [["xargs", "sh"]],
    [["bash", "-c", 'cd "$DIR" && ./prog']],
    [["bash", "-c", "cd && ./prog"]],
    [["bash", "-c", '. "$(cat f)"']],
    [["bash", "-c", "cat f | sh"]],
    [["bash", "-c", "base64 -d f | python3 -u"]],
    [["bash", "-c", 'sh <<< "$x"']],
    [["find", ".", "-exec", "{}", ";"]],
    [["env", "-S", "bash run.sh"]],
    [["env", "PATH=/workspace", "ls"]],
    [["python3", "/proc/self/cwd/main.py"]],
  ])("%j says it only while it runs", (argv) => {
    expect(of(...argv).computed).toBe(true);
  });

  test("a folder of PATH that anybody may write to is looked into", () => {
    const environment = { PATH: "/workspace/bin::/usr/bin" };
    expect(executedBy(["tool"], { cwd: "/tmp", environment }).files).toEqual(["/workspace/bin/tool", "/tmp/./tool"]);
  });

  test.each([
    [{ LD_PRELOAD: "/workspace/a.so:/usr/lib/b.so libc.so.6" }, ["/workspace/a.so"]],
    [{ LD_AUDIT: "./a.so" }, ["/workspace/./a.so"]],
    [{ BASH_ENV: "/tmp/env" }, ["/tmp/env"]],
    [{ NODE_OPTIONS: "--require ./a.cjs --max-old-space-size=64" }, ["/workspace/./a.cjs"]],
    [{ PROMPT_COMMAND: ". ./a.sh" }, ["/workspace/./a.sh"]],
    [{ GIT_SSH_COMMAND: "/workspace/ssh -i key" }, ["/workspace/ssh"]],
    [{ "BASH_FUNC_ls%%": "() { /tmp/ls; }" }, ["/tmp/ls"]],
    [{ GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "core.pager", GIT_CONFIG_VALUE_0: "./page" }, ["/workspace/./page"]],
    [
      { PYTHONPATH: "/tmp/lib" },
      [
        "/tmp/lib",
        "/tmp/lib/sitecustomize.py",
        "/tmp/lib/usercustomize.py",
        "/tmp/lib/sitecustomize/__init__.py",
        "/tmp/lib/usercustomize/__init__.py",
      ],
    ],
    [{ PYTHONUNBUFFERED: "1", NODE_OPTIONS: "--no-warnings", EDITOR: "vim", GIT_AUTHOR_NAME: "a" }, []],
    [{ LD_LIBRARY_PATH: "/usr/local/lib" }, []],
  ])("a variable that loads: %j", (environment, files) => {
    const found = executedBy(["true"], { ...around, environment: { ...around.environment, ...environment } });
    const from = executedBy(["env", ...Object.entries(environment).map((each) => each.join("=")), "true"], around);
    expect(found).toMatchObject({ files, computed: false });
    if (!("GIT_CONFIG_COUNT" in environment || "BASH_FUNC_ls%%" in environment))
      expect(from).toMatchObject({ files, computed: false });
  });

  test.each([
    [{ LD_LIBRARY_PATH: "/workspace/lib" }],
    [{ PYTHONHOME: "/tmp/py" }],
    [{ GIT_EXEC_PATH: "/workspace/git" }],
    [{ BASH_ENV: "$HOME/x" }],
    [{ BASH_ENV: "$(cat f)" }],
    [{ LD_PRELOAD: "/proc/self/cwd/a.so" }],
  ])("a variable that loads what it does not name: %j", (environment) => {
    expect(executedBy(["true"], { ...around, environment: { ...around.environment, ...environment } }).computed).toBe(
      true,
    );
  });

  test("variables that a script sets", () => {
    expect(of("bash", "-c", "LD_PRELOAD=./a.so ls").files).toEqual(["/workspace/./a.so"]);
    expect(of("bash", "-c", "export BASH_ENV=/tmp/e; bash x.sh").files).toEqual(["/tmp/e", "/workspace/x.sh"]);
    expect(of("bash", "-c", "LD_PRELOAD=$x ls").computed).toBe(true);
    expect(of("bash", "-c", "export PATH=/workspace:$PATH; ls").computed).toBe(true);
    expect(of("bash", "-c", "export PATH=/usr/lib/go/bin:$PATH A=1; ls").computed).toBe(false);
  });

  /** Each of these runs the file `y` of the current folder, or what nobody can say in advance. */
  const runsIt: readonly (readonly string[])[] = [
    // A program that no table knows.
    ["unknown-program", "y"],
    ["unknown-program", "--config=y"],
    ["unknown-program", "-fy"],
    ["unknown-program", "-c", "run the y now"],
    ["unknown-program", "-c", "a;./y"],
    ["lua", "y"],
    ["php", "-f", "y"],
    ["tclsh", "y"],
    ["/lib64/ld-linux-x86-64.so.2", "./y"],
    ["/lib64/ld-linux-x86-64.so.2", "/usr/bin/bash", "y"],
    ["sg", "user", "-c", "./y"],
    ["ssh-agent", "bash", "y"],
    ["setpriv", "--no-new-privs", "./y"],
    ["prlimit", "--nofile=64", "./y"],
    ["setarch", "x86_64", "-R", "bash", "y"],
    ["linux64", "./y"],
    ["x86_64", "bash", "y"],
    ["unshare", "-r", "bash", "y"],
    ["run-parts", "."],
    ["m4", "y"],
    ["patch", "-i", "y"],
    ["gdb", "-x", "y"],
    // Programs for data with an option that starts another.
    ["tar", "cf", "x", "--checkpoint=1", "--checkpoint-action=exec=./y", "z"],
    ["tar", "cf", "x", "--checkpoint-act", "exec=./y", "z"],
    ["tar", "xf", "x", "--to-command=./y"],
    ["tar", "-I", "./y", "-xf", "x"],
    ["tar", "-xIbash", "-fy"],
    ["tar", "-I./y", "zstd", "-xf", "x"],
    ["tar", "--use-compress-program=./y", "-xf", "x"],
    ["split", "--filter=./y", "x"],
    ["split", "--fil", "bash", "y"],
    ["sort", "--compress-program=./y", "x"],
    ["install", "-s", "--strip-program=./y", "a", "b"],
    ["find", ".", "-name", "y", "-exec", "bash", "{}", ";"],
    ["find", ".", "-okdir", "./y", ";"],
    ["sed", "1e ./y", "x"],
    ["sed", "s/.*/bash y/e", "x"],
    ["sed", "-f", "y", "x"],
    ["sed", "-n", "-e", "p;e bash y", "x"],
    ["awk", "-f", "y", "x"],
    ["awk", "-fy", "x"],
    ["awk", 'BEGIN { system("bash y") }'],
    ["awk", 'BEGIN { "bash y" | getline }'],
    ["gcc", "-wrapper", "./y", "x.c"],
    ["cc", "-B.", "x.c"],
    ["gcc", "-fplugin=./y", "x.c"],
    ["gcc", "@y"],
    ["git", "-c", "alias.z=!bash y", "z"],
    ["git", "-c", "core.pager=./y", "log"],
    ["git", "-c", "core.fsmonitor=./y", "status"],
    ["git", "bisect", "run", "./y"],
    ["git", "rebase", "--exec", "./y"],
    ["git", "clone", "-u", "./y", "x"],
    ["git", "fetch", "ext::bash y"],
    ["vi", "-c", ":!bash y"],
    ["vim", "-es", "-S", "y"],
    ["rsync", "-e", "./y", "a", "b:"],
    ["rsync", "-ae", "bash y", "a", "b:"],
    ["zip", "x.zip", "a", "-T", "-TT", "bash y"],
    ["man", "-P", "./y", "ls"],
    ["rg", "--pre", "./y", "a"],
    ["nc", "-e", "./y", "127.0.0.1", "1"],
    ["sqlite3", "x.db", ".read y"],
    ["wget", "--use-askpass=./y", "http://x"],
    // Options with a value in front of the script.
    ["env", "-vu", "X", "./y"],
    ["env", "-u", "X", "A=b", "bash", "y"],
    ["bash", "-eo", "pipefail", "y"],
    ["bash", "-o", "errexit", "-O", "extglob", "y"],
    ["bash", "-eoc", "pipefail", "./y"],
    ["bash", "-c", "-e", "./y"],
    ["bash", "--", "y"],
    ["timeout", "-k", "5", "3", "./y"],
    ["timeout", "-sKILL", "--foreground", "3", "./y"],
    ["timeout", "--sig", "KILL", "3", "bash", "y"],
    ["nice", "-n5", "./y"],
    ["nice", "-10", "./y"],
    ["flock", "lock", "./y"],
    ["flock", "-w", "1", "lock", "-c", "bash y"],
    ["choom", "-n", "5", "--", "./y"],
    ["taskset", "-c", "0", "./y"],
    ["taskset", "1", "bash", "y"],
    ["chrt", "-o", "0", "./y"],
    ["ionice", "-c", "3", "./y"],
    ["stdbuf", "-oL", "./y"],
    ["setsid", "-w", "./y"],
    ["nohup", "./y"],
    ["rbash", "y"],
    ["busybox", "ash", "y"],
    ["busybox", "timeout", "3", "sh", "y"],
    ["busybox", "awk", "-f", "y"],
    ["busybox", "unknown-applet", "y"],
    ["python3", "-BWignore", "y"],
    ["python3", "-m", "runpy", "y"],
    ["python3", "-mpdb", "y"],
    ["python3", "-m", "cProfile", "y"],
    ["python3", "-my"],
    ["perl", "-I.", "-Mz", "-e", "1"],
    ["perl", "-Mlib=.", "-e", "1"],
    ["perl", "-w", "y"],
    ["ruby", "-r./y", "-e", "1"],
    ["node", "--unknown", "y"],
    ["node", "-e", "1", "--require", "./y"],
    ["node", "--test"],
    ["pip", "install", "-e", "."],
    ["pip", "install", "."],
    ["npm", "test"],
    ["npx", "z"],
    ["yarn", "build"],
    ["pytest"],
    ["python3", "-m", "pytest", "-q"],
    ["tox"],
    ["nox", "-s", "tests"],
    ["cargo", "build"],
    // In the text of a shell.
    ["bash", "-c", "bash<y"],
    ["bash", "-c", "cat y | bash"],
    ["bash", "-c", "cat y|lua"],
    ["bash", "-c", "bash <(cat y)"],
    ["bash", "-c", "cat y > >(bash)"],
    ["bash", "-c", "trap ./y EXIT"],
    ["bash", "-c", "trap 'bash y' EXIT"],
    ["bash", "-c", "mapfile -C ./y -c 1 < z"],
    ["bash", "-c", "hash -p ./y ls; ls"],
    ["bash", "-c", "{bash,y}"],
    ["bash", "-c", "bash {y,}"],
    ["bash", "-c", "./[y]"],
    ["bash", "-c", "~/y"],
    ["bash", "-c", "shopt -s expand_aliases\nalias z='bash y'\nz"],
    ["bash", "-c", "f() { ./y; }; f"],
    ["bash", "-c", "f() { bash $1; }; f y"],
    ["bash", "-c", "function f { ./y; }; f"],
    ["bash", "-c", "$'./y'"],
    ["bash", "-c", "b\\ash y"],
    ["bash", "-c", '"ba"sh "y"'],
    ["bash", "-c", "echo it\\'s; ./y; echo it\\'s"],
    ["bash", "-c", "cat <<EOF\nit's\nEOF\n./y\necho it's"],
    ["bash", "-c", 'echo "$(bash y)"'],
    ["bash", "-c", "echo ${a:-$(bash y)}"],
    ["bash", "-c", "echo `bash y`"],
    ["bash", "-c", "coproc ./y"],
    ["bash", "-c", "enable -f ./y z"],
    ["bash", "-c", "time ! ./y"],
    ["bash", "-c", "[ -e x ] && ./y"],
    ["bash", "-c", "case a in a) ./y;; esac"],
    ["bash", "-c", "sh <<EOF\n./y\nEOF"],
    ["bash", "-c", "sh <<< ./y"],
    ["bash", "-c", "nice \\\n bash \\\n y"],
    ["bash", "-c", "'never ends; ./z"],
    ["bash", "-c", "cp y z; ./z"],
    ["bash", "-c", "ln -s y z && bash z"],
    ["bash", "-c", "mv y z; . ./z"],
    ["bash", "-c", "cp -r . d; d/y"],
    ["bash", "-c", "base64 -d x > z; bash z"],
    ["bash", "-c", "tar xf x.tar; ./z"],
    ["bash", "-c", "cat x | tee z; bash z"],
    ["bash", "-c", "curl -o z http://x; bash z"],
    ["bash", "-c", "tar $OPTIONS x"],
    ["bash", "-c", "exec 3<y; bash <&3"],
    ["bash", "-c", "split y z; bash zaa"],
    ["bash", "-c", "echo $(case a in a) ./y;; esac)"],
    ["bash", "-c", "echo ${a/'}'/x}; ./y #'"],
    ["bash", "-c", 'echo "${a:-"\'"}"; ./y; echo "\'"'],
    ["bash", "-c", "echo `echo \\`./y\\``"],
    ["bash", "-c", "HOME=/tmp/d bash -l"],
    ["env", "GIT_DIR=/tmp/d", "git", "log"],
    ["bash", "-c", "awk '{print > \"z\"}' y; bash z"],
    ["uname26", "./y"],
    ["dc", "-e", "!./y"],
    ["mawk", "-W", "exec", "y"],
    ["curl", "--engine", "./y", "http://x"],
    ["node", "inspect", "y"],
    ["tar", "cf", "x", "-T", "y"],
    ["tar", "--files-f=y", "-cf", "x"],
    ["curl", "-sK", "y"],
    ["prlimit", "--nofile=64", "pytest"],
  ];
  test.each(runsIt.map((argv) => [argv]))("%j may run a file of the guest", (argv) => {
    const { files, trees, computed } = of(...argv);
    const paths = [...files, ...trees].map((path) => path.replaceAll("/./", "/").replace(/\/\.$/, ""));
    const isMeant = /^\/workspace(\/y(\.py)?)?$/;
    expect({ paths, computed, meant: computed || paths.some((path) => isMeant.test(path)) }).toMatchObject({
      meant: true,
    });
  });

  /** Files of the current folder that are run without being named. */
  test.each([
    [["make"], ["Makefile", "makefile", "GNUmakefile"]],
    [["make", "-j4", "out"], ["Makefile"]],
    [["make", "-C", "sub", "out"], ["sub/Makefile"]],
    [["make", "-sf", "y"], ["y"]],
    [["make", "--file=y", "out"], ["y"]],
    [
      ["bash", "-lc", "true"],
      [".bash_profile", ".bash_login", ".profile"],
    ],
    [["bash", "-i", "-c", "true"], [".bashrc"]],
    [["bash", "--login", "-c", "true"], [".profile"]],
    [["zsh", "-c", "true"], [".zshenv"]],
    [["sqlite3", "x.db", "select 1"], [".sqliterc"]],
    [["curl", "http://127.0.0.1/"], [".curlrc"]],
    [["node", "--run", "z"], ["package.json"]],
    [
      ["node", "sub"],
      ["sub", "sub/index.js", "sub/package.json"],
    ],
    [
      ["python3", "sub"],
      ["sub", "sub/__main__.py"],
    ],
    [
      ["python3", "-mhttp.server"],
      ["http.py", "http/__init__.py", "http/server.py"],
    ],
    [
      ["git", "status"],
      [".git", ".git/config", ".gitconfig"],
    ],
    [
      ["git", "-C", "sub", "log"],
      ["sub/.git/config", ".git/config"],
    ],
  ])("%j runs what it does not name", (argv, expected) => {
    const { files, computed } = of(...argv);
    expect(computed).toBe(false);
    expect(files).toEqual(expect.arrayContaining(expected.map((name) => `/workspace/${name}`)));
  });
  test.each([[["make", "--eval=x:;./y"]], [["make", "-f", "-"]], [["make", "X=$(shell ./y)"]]])(
    "%j is computed",
    (argv) => {
      expect(of(...argv).computed).toBe(true);
    },
  );

  /** Whoever wrote the files that these name, nothing of them is run. */
  const harmless: readonly (readonly string[])[] = [
    ["ls", "-la"],
    ["cat", "x"],
    ["grep", "-r", "a", "."],
    ["cp", "a", "b"],
    ["mv", "a", "b"],
    ["ln", "-s", "a", "b"],
    ["rm", "-rf", "d"],
    ["mkdir", "-p", "d/e"],
    ["chmod", "755", "x"],
    ["head", "-n", "5", "x"],
    ["sort", "-u", "x", "-o", "z"],
    ["wc", "-l", "x"],
    ["sha256sum", "x"],
    ["base64", "-d", "x"],
    ["diff", "-u", "a", "b"],
    ["find", ".", "-name", "*.py", "-type", "f"],
    ["sed", "-n", "1,5p", "x"],
    ["sed", "-i", "s/a/b/g", "x"],
    ["sed", "-e", "s#a/b#c#", "-e", "/^$/d", "x"],
    ["awk", "{print $1}", "x"],
    ["awk", "-F,", "$1 == 2 || $3 { n++ } END { print n }", "x"],
    ["tar", "xf", "x.tar"],
    ["tar", "-czf", "x.tgz", "d"],
    ["tar", "-I", "zstd", "-xf", "x"],
    ["zip", "-r", "x.zip", "d"],
    ["unzip", "-o", "x.zip"],
    ["gzip", "-k", "x"],
    ["curl", "-sS", "-o", "x", "http://127.0.0.1/"],
    ["wget", "-q", "http://127.0.0.1/"],
    ["jq", ".a", "x.json"],
    ["file", "x"],
    ["ps", "aux"],
    ["du", "-sh", "."],
    ["gcc", "-O2", "-o", "x", "x.c"],
    ["sqlite3", "x.db", "select 1"],
    ["python3", "-c", "print(1)"],
    ["python3", "-m", "json.tool", "--version"],
    ["python3", "--version"],
    ["node", "-e", "1"],
    ["perl", "-ne", "print if /a/", "x"],
    ["env"],
    ["sleep", "1"],
    ["timeout", "5", "cat", "x"],
    ["nice", "-n", "5", "tar", "cf", "x.tar", "d"],
    ["npm", "--version"],
    ["bash", "-c", "ls | wc -l > count.txt"],
    ["bash", "-c", "echo 'a; b' \"it's\" > x && cat x"],
    ["bash", "-c", 'for f in *.txt; do wc -l "$f"; done'],
    ["bash", "-c", "if [ -f x ]; then echo yes; else echo no; fi"],
    ["bash", "-c", "cat <<EOF > x\nit's $HOME\nEOF\nls"],
    ["bash", "-c", "echo $(date) $((1 + 2)) ${HOME}"],
    ["bash", "-c", "set -euo pipefail; mkdir -p d && cd d && pwd"],
    ["bash", "-c", "grep -c a x || true"],
    ["bash", "-c", 'while read -r line; do echo "$line"; done < x'],
    ["bash", "-c", "sleep 1 & wait"],
    ["bash", "-c", "tar czf x.tgz d && ls -l x.tgz"],
    ["bash", "-c", "# it's a comment\nls"],
    ["bash", "-c", 'echo "${A:-none}" ${#A} "$(basename "$PWD")"'],
  ];
  test.each(harmless.map((argv) => [argv]))("%j runs nothing of the guest", (argv) => {
    const { files, trees, computed } = of(...argv);
    // A module of this name that lay there would be taken, and so would settings.
    const others = files.filter((path) => !/^\/workspace\/(json(\/|\.py)|\.\w+rc$)/.test(path));
    expect({ files: others, trees, computed }).toEqual({ files: [], trees: [], computed: false });
  });

  test("no command line is walked for ever", () => {
    expect(of(...Array.from({ length: 1000 }, () => "nice"), "ls").computed).toBe(true);
    expect(of("bash", "-c", "x;".repeat(10_000)).computed).toBe(true);
    for (const part of ["$(", "`", '"$(', "'", "<<a\n", "${", "{", "a=", "\\", "$'", "(", "((", "|", "<("])
      for (const argv of [
        ["bash", "-c", part.repeat(20_000)],
        ["unknown-program", `${part} `.repeat(20_000)],
      ])
        expect(typeof of(...argv).computed).toBe("boolean");
    expect(of("unknown-program", ..."nice ".repeat(20_000).split(" ")).computed).toBe(true);
    expect(of("sed", " ".repeat(100_000)).computed).toBe(true);
    for (const part of ["1,1! ; ", " ", "\n;", "p ;", "s/a/b/ ; ", "/a/,/b/ ! "])
      expect(of("sed", `${part.repeat(Math.floor(240 / part.length))}e`).computed).toBe(true);
    expect(of("sed", `${"1,".repeat(60)}e`).computed).toBe(true);
  });
});
