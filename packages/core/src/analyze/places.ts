/** Places of a machine that matter, by what is kept there. Data: rules name the kinds, and these are the paths. */
import type { RiskCapability } from "@hsr/contract";
import type { Effect } from "./effects.ts";
import { globSource, pathSigns } from "./glob.ts";
import { plainPath } from "./paths.ts";
import { hole } from "./value.ts";

export interface PlaceKind {
  readonly name: string;
  /** What is kept there, in words. */
  readonly what: string;
  /** The capability that touching it shows, beside reading or writing. */
  readonly capability: RiskCapability | null;
  /** Patterns: `*` within a name, `**` over folders, `~` the home folder of whoever. */
  readonly patterns: readonly string[];
}

export const placeKinds: readonly PlaceKind[] = [
  {
    name: "password-hashes",
    what: "password hashes and who may become root",
    capability: "system",
    patterns: [
      "/etc/shadow",
      "/etc/shadow-",
      "/etc/gshadow",
      "/etc/gshadow-",
      "/etc/master.passwd",
      "/etc/sudoers",
      "/etc/sudoers.d/**",
      "/etc/doas.conf",
      "/etc/security/opasswd",
    ],
  },
  {
    name: "accounts",
    what: "accounts and groups",
    capability: "system",
    patterns: [
      "/etc/passwd",
      "/etc/passwd-",
      "/etc/group",
      "/etc/group-",
      "/etc/subuid",
      "/etc/subgid",
      "/etc/login.defs",
      "/var/lib/AccountsService/**",
      "/usr/share/base-passwd/**",
      "/var/backups/passwd*",
      "/var/backups/group*",
      "/var/backups/shadow*",
      "/var/backups/gshadow*",
    ],
  },
  {
    name: "machine-facts",
    what: "the machine's own names, disks and addresses",
    capability: "system",
    patterns: [
      "/etc/os-release",
      "/etc/hostname",
      "/etc/hosts",
      "/etc/resolv.conf",
      "/etc/fstab",
      "/etc/mtab",
      "/etc/machine-id",
      "/etc/issue",
      "/etc/lsb-release",
      "/etc/debian_version",
      "/proc/**",
      "/sys/**",
      "/etc/timezone",
    ],
  },
  {
    name: "security-settings",
    what: "how the machine guards itself: log-in, PAM, SSH and TLS settings, mandatory access control, audit",
    capability: null,
    patterns: [
      "/etc/security/**",
      "/etc/pam.d/**",
      "/etc/pam.conf",
      "/etc/ssh/**",
      "/etc/ssl/*",
      "/etc/ssl/private/**",
      "/etc/pki/tls/private/**",
      "/etc/apparmor.d/**",
      "/etc/selinux/**",
      "/etc/audit/**",
      "/etc/krb5.conf",
      "/etc/krb5.keytab",
      "/etc/ipsec.secrets",
      "/etc/ipsec.d/**",
      "/etc/wireguard/**",
      "/etc/openvpn/**",
      "/etc/fail2ban/**",
      "/etc/nsswitch.conf",
      "/etc/hosts.allow",
      "/etc/hosts.deny",
      "/etc/securetty",
    ],
  },
  {
    name: "private-keys",
    what: "private keys",
    capability: null,
    patterns: [
      "~/.ssh/id_*",
      "~/.ssh/*.pem",
      "~/.ssh/*_rsa",
      "~/.ssh/*_ed25519",
      "~/.ssh",
      "~/.ssh/*",
      "~/.gnupg/**",
      "/etc/ssh/ssh_host_*_key",
      "/etc/ssl/private/**",
      "/etc/letsencrypt/**/privkey*.pem",
      "**/id_rsa",
      "**/id_dsa",
      "**/id_ecdsa",
      "**/id_ed25519",
    ],
  },
  {
    name: "credentials",
    what: "tokens and passwords of services",
    capability: null,
    patterns: [
      "~/.aws/credentials",
      "~/.aws/config",
      "~/.config/gcloud/**",
      "~/.azure/**",
      "~/.kube/config",
      "/etc/kubernetes/*.conf",
      "/etc/kubernetes/pki/**",
      "~/.docker/config.json",
      "~/.netrc",
      "~/.npmrc",
      "~/.pypirc",
      "~/.git-credentials",
      "~/.config/git/credentials",
      "~/.pgpass",
      "~/.my.cnf",
      "~/.config/gh/hosts.yml",
      "~/.vault-token",
      "~/.terraform.d/credentials*",
      "~/.config/rclone/**",
      "~/.s3cfg",
      "~/.boto",
      "~/.config/hub",
      "~/.huggingface/token",
      "~/.cache/huggingface/token",
      "/var/run/secrets/**",
      "/run/secrets/**",
      "~/.local/share/keyrings/**",
      "credential-store",
    ],
  },
  {
    name: "personal-data",
    what: "what browsers, mail and wallets keep",
    capability: null,
    patterns: [
      "~/.mozilla/**",
      "~/.config/google-chrome/**",
      "~/.config/chromium/**",
      "~/.config/BraveSoftware/**",
      "~/.config/microsoft-edge/**",
      "~/Library/Application Support/Google/Chrome/**",
      "~/Library/Cookies/**",
      "~/Library/Keychains/**",
      "~/.thunderbird/**",
      "~/.bitcoin/**",
      "~/.ethereum/**",
      "~/.electrum/**",
      "~/.monero/**",
      "~/.config/solana/**",
      "~/.password-store/**",
      "~/.config/Signal/**",
      "~/.config/Slack/**",
      "~/.config/discord/**",
      "~/snap/firefox/**",
      "**/wallet.dat",
      "**/Login Data",
      "**/logins.json",
      "**/cookies.sqlite",
    ],
  },
  {
    name: "histories",
    what: "what was typed before",
    capability: null,
    patterns: [
      "~/.bash_history",
      "~/.zsh_history",
      "~/.sh_history",
      "~/.history",
      "~/.python_history",
      "~/.node_repl_history",
      "~/.mysql_history",
      "~/.psql_history",
      "~/.lesshst",
      "~/.viminfo",
      "~/.local/share/fish/fish_history",
    ],
  },
  {
    name: "logs",
    what: "logs of the system",
    capability: null,
    patterns: ["/var/log", "/var/log/*", "/var/log/journal/**", "/var/log/audit/**", "/var/run/utmp"],
  },
  {
    name: "shell-startup",
    what: "what shells run when they start",
    capability: "persistence",
    patterns: [
      "~/.bashrc",
      "~/.bash_profile",
      "~/.bash_login",
      "~/.bash_logout",
      "~/.bash_aliases",
      "~/.profile",
      "~/.zshrc",
      "~/.zprofile",
      "~/.zshenv",
      "~/.zlogin",
      "~/.kshrc",
      "~/.cshrc",
      "~/.tcshrc",
      "~/.login",
      "~/.inputrc",
      "~/.config/fish/**",
      "/etc/profile",
      "/etc/profile.d/**",
      "/etc/bash.bashrc",
      "/etc/bashrc",
      "/etc/bash_completion.d/**",
      "/etc/zsh/**",
      "/etc/environment",
      "/etc/skel/**",
      "/etc/csh.cshrc",
      "~/.pam_environment",
    ],
  },
  {
    name: "scheduled",
    what: "what starts by itself: jobs, services, hooks",
    capability: "persistence",
    patterns: [
      "/etc/crontab",
      "/etc/cron.d/**",
      "/etc/cron.hourly/**",
      "/etc/cron.daily/**",
      "/etc/cron.weekly/**",
      "/etc/cron.monthly/**",
      "/var/spool/cron/**",
      "/var/spool/at/**",
      "/etc/anacrontab",
      "/etc/systemd/system/**",
      "/etc/systemd/user/**",
      "/lib/systemd/system/**",
      "/usr/lib/systemd/system/**",
      "~/.config/systemd/user/**",
      "/etc/init.d/**",
      "/etc/rc.local",
      "/etc/rc.d/**",
      "/etc/inittab",
      "~/.config/autostart/**",
      "/etc/xdg/autostart/**",
      "~/Library/LaunchAgents/**",
      "/Library/LaunchAgents/**",
      "/Library/LaunchDaemons/**",
      "/etc/udev/rules.d/**",
      "/etc/update-motd.d/**",
      "/etc/apt/apt.conf.d/**",
      "**/.git/hooks/**",
      "**/*.pth",
      "**/sitecustomize.py",
      "**/usercustomize.py",
      "/etc/modules-load.d/**",
      "/etc/X11/xinit/**",
      "~/.xinitrc",
      "~/.xprofile",
      "~/.vimrc",
    ],
  },
  {
    name: "back-doors",
    what: "what lets somebody in, or code into every program",
    capability: "persistence",
    patterns: [
      "~/.ssh/authorized_keys",
      "~/.ssh/authorized_keys2",
      "~/.ssh/rc",
      "/etc/ld.so.preload",
      "/etc/ld.so.conf",
      "/etc/ld.so.conf.d/**",
      "~/.rhosts",
      "/etc/hosts.equiv",
    ],
  },
  {
    name: "system-files",
    what: "the system's own programs, libraries and settings",
    capability: null,
    patterns: [
      "/",
      "/bin/**",
      "/sbin/**",
      "/lib/**",
      "/lib64/**",
      "/lib32/**",
      "/boot/**",
      "/etc",
      "/etc/*",
      "/etc/*.d/**",
      "/etc/security/**",
      "/etc/ssh/**",
      "/etc/ssl/**",
      "/etc/pam.d/**",
      "/etc/init/**",
      "/etc/default/**",
      "/etc/network/**",
      "/etc/apt/*",
      "/etc/alternatives/**",
      "/etc/systemd/**",
      "/etc/X11/**",
      "/etc/kernel/**",
      "/etc/grub.d/**",
      "/etc/sysctl.d/**",
      "/etc/cron*/**",
      "/usr",
      "/usr/*",
      "/usr/bin/**",
      "/usr/sbin/**",
      "/usr/lib/**",
      "/usr/lib64/**",
      "/usr/libexec/**",
      "/usr/include/**",
      "/usr/share",
      "/usr/share/*",
      "/usr/share/base-*/**",
      "/usr/local",
      "/usr/local/*",
      "/var",
      "/var/*",
      "/var/lib",
      "/var/lib/*",
      "/var/lib/dpkg/**",
      "/var/lib/rpm/**",
      "/var/spool/**",
      "/root",
      "/root/*",
      "/home",
      "/home/*",
      "~",
      "~/*",
      "/opt",
      "/srv",
    ],
  },
  {
    name: "devices",
    what: "disks and memory as they are",
    capability: null,
    patterns: [
      "/dev/sd*",
      "/dev/hd*",
      "/dev/vd*",
      "/dev/xvd*",
      "/dev/nvme*",
      "/dev/mmcblk*",
      "/dev/disk/**",
      "/dev/mapper/**",
      "/dev/dm-*",
      "/dev/loop*",
      "/dev/mem",
      "/dev/kmem",
      "/dev/port",
      "/dev/md*",
    ],
  },
  {
    name: "kernel-controls",
    what: "switches of the kernel",
    capability: "system",
    patterns: [
      "/proc/sys/**",
      "/proc/sysrq-trigger",
      "/sys/kernel/**",
      "/sys/fs/cgroup/**",
      "/sys/module/**",
      "/sys/class/**",
      "/sys/devices/**",
      "/sys/firmware/**",
      "/proc/sys/kernel/core_pattern",
    ],
  },
  {
    name: "process-memory",
    what: "memory and environments of other processes",
    capability: "system",
    patterns: [
      "/proc/*/mem",
      "/proc/*/environ",
      "/proc/*/maps",
      "/proc/*/cmdline",
      "/proc/kcore",
      "/proc/kmem",
      "/proc/kallsyms",
    ],
  },
  {
    name: "way-out",
    what: "ways from a container to its host",
    capability: null,
    patterns: [
      "/var/run/docker.sock",
      "/run/docker.sock",
      "/run/containerd/**",
      "/var/run/crio/**",
      "/proc/1/root/**",
      "/proc/*/root/**",
      "/var/lib/kubelet/**",
      "/var/lib/docker/**",
      "**/release_agent",
      "**/notify_on_release",
    ],
  },
  {
    name: "programs",
    what: "folders that programs are looked for in",
    capability: null,
    patterns: ["/bin/*", "/sbin/*", "/usr/bin/*", "/usr/sbin/*", "/lib/**", "/usr/lib/**", "/lib64/**"],
  },
  {
    name: "passing-folders",
    what: "folders that everybody may write",
    capability: null,
    patterns: ["/tmp/**", "/var/tmp/**", "/dev/shm/**"],
  },
];

/** Names of the kinds. */
export type PlaceName = string;

const compiled = placeKinds.map((kind) => ({ kind, patterns: kind.patterns.map(patternOf) }));
const cache = new Map<string, readonly PlaceKind[]>();

function patternOf(pattern: string): RegExp {
  const home = pattern.startsWith("~/") ? "(?:~[\\w.-]*|/root|/home/[^/]+|/Users/[^/]+)" : "";
  const rest = pattern.startsWith("~/") ? pattern.slice(1) : pattern;
  const body = rest
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\/\*\*$/g, "(?:/.*)?")
    .replace(/\*\*\//g, "(?:.*/)?")
    .replace(/(?<![.)])\*/g, "[^/]*");
  return new RegExp(`^${home}${body}/?$`);
}

/** The kinds of places that an effect's target lies in. */
export function placesOf(effect: Pick<Effect, "kind" | "target" | "tags">): readonly PlaceKind[] {
  if (effect.target === null || !["read", "write", "delete", "list"].includes(effect.kind)) return [];
  return placesOfPath(effect.target);
}

export function placesOfPath(target: string): readonly PlaceKind[] {
  const known = cache.get(target);
  if (known !== undefined) return known;
  const path = plainPath(target);
  // A target that is not known from its beginning could be anything, and so is nothing.
  const found =
    path.startsWith(hole) || path === "" ? [] : compiled.filter((each) => matches(each, path)).map(({ kind }) => kind);
  if (cache.size > 4096) cache.clear();
  cache.set(target, found);
  return found;
}

function matches({ kind, patterns }: (typeof compiled)[number], path: string): boolean {
  if (patterns.some((pattern) => pattern.test(path.replaceAll(hole, "x")))) return true;
  if (!/[*?[]/.test(path)) return false;
  // A pattern for files: it means every file that it fits.
  const source = globSource(path, pathSigns, 3);
  if (source === null) return false;
  const wanted = new RegExp(`^${source}$`);
  return kind.patterns.some((each) => !each.includes("*") && wanted.test(each));
}
