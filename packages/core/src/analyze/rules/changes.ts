/** Rules about what is changed: disks, accounts, programs, guards, permissions. */
import type { Rule } from "./rule.ts";

export const changeRules: readonly Rule[] = [
  {
    id: "overwrites-disk",
    title: "Writes to a disk or to memory as it is",
    why: "Everything on it is lost, or every wall is gone.",
    weight: 85,
    confidence: "certain",
    when: [
      { effect: ["write"], place: ["devices"] },
      { effect: ["write"], tag: ["format"], target: ["/dev/*"] },
      { effect: ["system"], tag: ["destroy"] },
    ],
    match: [
      { language: "bash", code: "dd if=/dev/zero of=/dev/sda bs=1M" },
      { language: "bash", code: "mkfs.ext4 /dev/nvme0n1" },
    ],
    not: [{ language: "bash", code: "dd if=/dev/zero of=disk.img bs=1M count=10" }],
  },
  {
    id: "reads-disk",
    title: "Reads a disk or memory as it is",
    why: "It goes around every permission of files.",
    weight: 55,
    confidence: "likely",
    when: [{ effect: ["read"], place: ["devices"] }],
    match: [{ language: "bash", code: "strings /dev/mem" }],
    not: [{ language: "bash", code: "head -c 16 /dev/urandom | xxd" }],
  },
  {
    id: "changes-accounts",
    title: "Changes accounts, passwords or rights",
    why: "A new way in, or more rights for an old one.",
    weight: 72,
    confidence: "certain",
    when: [
      { effect: ["write"], place: ["password-hashes", "accounts"] },
      { effect: ["system"], tag: ["password"] },
      {
        effect: ["system"],
        tag: ["users"],
        target: [
          "useradd*-o*",
          "useradd*-u 0*",
          "usermod*sudo*",
          "usermod*wheel*",
          "usermod*root*",
          "adduser * sudo",
          "usermod*docker*",
        ],
      },
    ],
    match: [
      { language: "bash", code: "echo 'x ALL=(ALL) NOPASSWD: ALL' >> /etc/sudoers" },
      { language: "bash", code: "echo root:secret | chpasswd" },
    ],
    not: [{ language: "bash", code: "id deploy" }],
  },
  {
    id: "changes-system-programs",
    title: "Replaces programs or libraries of the system",
    why: "Everybody who calls them runs what was put there.",
    weight: 58,
    confidence: "likely",
    when: [
      {
        effect: ["write"],
        place: ["programs"],
        notTag: ["folder", "mode", "owner", "touch", "link", "copy", "download"],
        notTarget: ["/usr/lib/node_modules/*", "/usr/lib/python*/site-packages/*"],
      },
      {
        effect: ["write"],
        place: ["programs"],
        tag: ["copy", "move"],
        target: ["/bin/*", "/sbin/*", "/usr/sbin/*", "/lib/*"],
      },
    ],
    match: [{ language: "bash", code: "echo '#!/bin/sh' > /bin/ls" }],
    not: [{ language: "bash", code: "install -m 755 tool /usr/local/bin/tool" }],
  },
  {
    id: "changes-security-settings",
    title: "Changes how the machine guards itself",
    why: "Log-in, SSH, name look-up and TLS decide who gets in and whom programs trust.",
    weight: 62,
    confidence: "likely",
    when: [
      { effect: ["write"], place: ["security-settings"], notTarget: ["/etc/ssl/certs/*"] },
      {
        effect: ["write"],
        target: ["/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf"],
        notTag: ["mode", "owner", "touch"],
      },
    ],
    match: [{ language: "bash", code: "echo 'PermitRootLogin yes' >> /etc/ssh/sshd_config" }],
    not: [{ language: "bash", code: "echo 'listen 80;' > /etc/nginx/conf.d/site.conf" }],
  },
  {
    id: "opens-permissions",
    title: "Opens files of the system to everybody, or gives programs another's rights",
    why: "Set-id programs and world-writable system files are how one becomes root.",
    weight: 62,
    confidence: "likely",
    when: [
      { effect: ["write"], tag: ["set-id"], notTag: ["folder"] },
      { effect: ["write"], tag: ["capabilities"] },
      {
        effect: ["write"],
        tag: ["world-writable"],
        place: ["system-files", "security-settings", "accounts", "password-hashes", "devices"],
      },
      {
        effect: ["write"],
        tag: ["mode", "owner"],
        target: ["/", "/etc*", "/usr", "/bin*", "/root*", "/home", "/var"],
        place: ["system-files"],
        notTarget: ["/etc/*/*", "/usr/local/*", "/home/*", "/root/*"],
      },
    ],
    match: [
      { language: "bash", code: "chmod u+s /tmp/sh" },
      { language: "python", code: "import os\nos.chmod('/etc/passwd', 0o777)" },
    ],
    not: [
      { language: "bash", code: "chmod +x build.sh" },
      { language: "python", code: "import os\nos.chmod('out', 0o755)" },
    ],
  },
  {
    id: "encrypts-files",
    title: "Encrypts files that it finds",
    why: "It walks through folders, writes what was there encrypted, and what was readable is gone.",
    weight: 72,
    confidence: "likely",
    when: [
      {
        effect: ["write"],
        from: { effect: ["encode"], target: ["encrypt"], from: { effect: ["read"], from: { effect: ["list"] } } },
      },
      { effect: ["write"], tag: ["encrypted"], from: { effect: ["read"], from: { effect: ["list"] } } },
      {
        effect: ["delete"],
        from: { effect: ["list"], tag: ["recursive"] },
        also: { effect: ["encode"], target: ["encrypt"] },
      },
    ],
    match: [
      {
        language: "python",
        code: "import os\nfrom cryptography.fernet import Fernet\nbox = Fernet(Fernet.generate_key())\nfor root, _, names in os.walk('/home'):\n    for name in names:\n        p = os.path.join(root, name)\n        data = open(p, 'rb').read()\n        open(p, 'wb').write(box.encrypt(data))",
      },
    ],
    not: [
      {
        language: "python",
        code: "from cryptography.fernet import Fernet\nbox = Fernet(Fernet.generate_key())\nopen('out.bin', 'wb').write(box.encrypt(b'hello'))",
      },
    ],
  },
];
