/**
 * Programs by what they do with their arguments, as data: what stands in no table here may run any of them. A name is without its
 * folder, and without a version behind it.
 */

/** What makes a program that treats its arguments as data start something else. */
export interface Except {
  /** Long options; their beginnings count, since programs take these. */
  readonly long?: readonly string[];
  /** Letters of short options, alone or among others. */
  readonly short?: string;
  /** Any word like this. */
  readonly word?: RegExp;
  /** Values that are fine all the same. */
  readonly fine?: RegExp;
}

const compressors = /^(gzip|pigz|bzip2|pbzip2|xz|zstd|lz4|lzma|lzip|zstdmt)( -[\dT]+)*$/;
const linking = {
  word: /^(-B|-wrapper|-fplugin|-?-specs|-load|-Xclang|--config|--ld-path|-fuse-ld=.*\/|@|-plugin)|plugin/,
};

/** Programs whose arguments are data, unless one of these stands there. */
export const dataPrograms: ReadonlyMap<string, Except> = new Map<string, Except>([
  ...named(
    "ls dir vdir cat cp mv ln rm mkdir rmdir touch truncate chmod chown chgrp echo printf head tail wc uniq cut paste join comm tr tee tac nl od fold fmt pr expand unexpand csplit shuf seq yes true false test [ [[ expr date sleep pwd basename dirname realpath readlink stat du df sync id whoami groups users who uname hostname nproc arch printenv tty md5sum b2sum cksum sum base64 base32 basenc dd mktemp mkfifo mknod factor numfmt pathchk link unlink dircolors ptx tsort hostid logname stty shred uptime locate",
    {},
  ),
  ...named("grep egrep fgrep zgrep diff cmp sdiff column rev hexdump hd xxd strings tree cal bc look getopt", {}),
  ...named("unzip gzip gunzip zcat bzip2 bunzip2 bzcat xz unxz xzcat zstd unzstd zstdcat lz4 zipinfo uuencode", {}),
  ...named("jq file ps free vmstat pgrep kill pkill killall getent locale which type whereis tput clear", {}),
  ...named("ping dig nslookup host netstat ss lsof cd pushd popd chdir dirs", {}),
  ...named(
    ": export declare typeset readonly local unset set shift return exit break continue read wait jobs fg bg",
    {},
  ),
  ...named("let umask ulimit shopt times getopts disown kill for case select esac fi done in ]] }", {}),
  ...named("sha1sum sha224sum sha256sum sha384sum sha512sum", {}),
  ["nc", { short: "ec", long: ["exec", "sh-exec", "lua-exec"] }],
  ["curl", { long: ["engine", "config"], short: "K" }],
  ["sort", { long: ["compress-program"] }],
  ["split", { long: ["filter"] }],
  ["install", { long: ["strip-program"] }],
  ["rg", { long: ["pre", "hostname-bin"] }],
  ["diff3", { long: ["diff-program"] }],
  ["sdiff", { long: ["diff-program"] }],
  [
    "tar",
    {
      long: [
        "checkpoint-action",
        "to-command",
        "use-compress-program",
        "rmt-command",
        "rsh-command",
        "new-volume-script",
        "info-script",
        // Such a list may hold options.
        "files-from",
      ],
      short: "IFT",
      fine: compressors,
    },
  ],
  ["zip", { long: ["unzip-command"], word: /^-[a-zA-Z]*TT/ }],
  ["wget", { long: ["use-askpass", "execute", "config"], short: "e" }],
  ["rsync", { long: ["rsh", "rsync-path", "daemon"], short: "e" }],
  ["find", { word: /^-(exec|ok)/ }],
  ["sqlite3", { long: ["init", "cmd"], word: /^-(init|cmd)|^\s*\.|load_extension|edit\(/ }],
  ["sed", {}],
  ...named("gcc cc g++ c++ clang clang++ cpp ld ld.bfd ld.gold ar ranlib nm objdump strip objcopy", linking),
  ...named("readelf size as ldconfig", { word: /plugin|^@/ }),
]);

/** What programs for data read in HOME before anything else, and what may start something. */
export const homeFiles: ReadonlyMap<string, string> = new Map([
  ["sqlite3", ".sqliterc"],
  ["wget", ".wgetrc"],
  ["curl", ".curlrc"],
]);

/** Programs that start another one, which their arguments name after options of their own. */
export interface Starter {
  /** Letters of options, and those with a value behind them. */
  readonly flags: string;
  readonly valued: string;
  /** Long options whose value is the next word. */
  readonly long?: readonly string[];
  /** Words before the program. */
  readonly words?: number;
}

const plain: Starter = { flags: "", valued: "" };
export const starters: ReadonlyMap<string, Starter> = new Map<string, Starter>([
  ["env", { flags: "i0v", valued: "ua", long: ["unset", "argv0"] }],
  ["timeout", { flags: "fpv", valued: "ks", long: ["kill-after", "signal"], words: 1 }],
  ["nice", { flags: "0123456789", valued: "n", long: ["adjustment"] }],
  ["ionice", { flags: "t", valued: "cn", long: ["class", "classdata"] }],
  ["stdbuf", { flags: "", valued: "ioe", long: ["input", "output", "error"] }],
  ["time", { flags: "pvaqV", valued: "fo", long: ["format", "output"] }],
  ["taskset", { flags: "ac", valued: "", words: 1 }],
  ["chrt", { flags: "abdfioRrv", valued: "TPD", long: ["sched-runtime", "sched-period", "sched-deadline"], words: 1 }],
  ["choom", { flags: "", valued: "n", long: ["adjust"] }],
  ["flock", { flags: "senoxuFv", valued: "wE", long: ["timeout", "wait", "conflict-exit-code"], words: 1 }],
  ["exec", { flags: "cl", valued: "a" }],
  ["command", { flags: "pvV", valued: "" }],
  ["setsid", { flags: "cfw", valued: "" }],
  ["busybox", plain],
  ["toybox", plain],
  ["nohup", plain],
  ["builtin", plain],
  ["coproc", plain],
]);

/** Words that may stand before a command in the text of a shell. */
export const keywords = /^(if|then|else|elif|while|until|do|time|!|\{|function|coproc|\w+\+?=.*)$/s;

/** Programs that make a command line from what they read or find, or have a language of their own for it. */
export const composers = new Set("xargs parallel eval watch run-parts gdb at batch expect entr script".split(" "));
/** Programs that a person types into, and that take commands from there. */
export const waiting = new Set("vi vim vimdiff view ex ed nvim emacs nano pico ssh".split(" "));
/** Programs that run what they find in the folder they stand in, or in one that they are given. */
export const ofFolder = new Set(
  "pytest py.test unittest nose2 tox nox npm npx yarn pnpm pip build cargo go gradle mvn ant rake just ninja meson cmake ctest scons jest mocha vitest poetry hatch uv invoke fab tsc eslint webpack vite".split(
    " ",
  ),
);

/** Modules of Python that treat their arguments as data. */
export const dataModules = new Set(
  "json http venv zipfile tarfile base64 calendar compileall py_compile ensurepip platform sysconfig site this gzip ast tokenize dis".split(
    " ",
  ),
);

/** Commands of git that start nothing unless its settings, or these options, say so. */
export const gitCommands = new Set(
  "init clone add status log diff show commit branch checkout switch restore reset rm mv tag fetch pull push merge stash remote config rev-parse ls-files ls-tree cat-file describe blame shortlog clean cherry-pick revert reflog version help grep apply format-patch hash-object rev-list worktree archive".split(
    " ",
  ),
);
export const gitStarts =
  /^(--(exec|upload-pack|receive-pack|upload-archive|open-files-in-pager|ext-diff|edit|git-dir|work-tree|template|config-env|exec-path=|paginate|remote)|-[xuOp]$|-O.)|ext::|^(--global|--system|--worktree|--file)$|alias\.|hookspath|^!/i;

function named<Value>(names: string, value: Value): readonly (readonly [string, Value])[] {
  return names.split(" ").map((name) => [name, value]);
}

/** Whether words hold what makes a data program start something. */
export function isExcepted({ long = [], short = "", word, fine }: Except, words: readonly string[]): boolean {
  return words.some((each, at) => {
    if (word?.test(each) === true) return true;
    const [, option, given] = /^--([\w-]+)(?:=(.*))?$/s.exec(each) ?? [];
    const letters = /^-?([a-zA-Z]+)/.exec(at === 0 || each.startsWith("-") ? each : "")?.[1] ?? "";
    const isLong = option !== undefined && long.some((name) => name.startsWith(option));
    const isShort = !each.startsWith("--") && short.split("").some((letter) => letters.includes(letter));
    // What is glued to a letter is its value, and the next word is not.
    const value = given ?? (isShort && !short.includes(each.slice(-1)) ? "" : (words[at + 1] ?? ""));
    return (isLong || isShort) && fine?.test(value) !== true;
  });
}
