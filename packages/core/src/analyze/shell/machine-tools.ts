/** Tools that read or change the state of the machine: processes, users, services, devices, kernel. */
import { asText, hole, isWhole, originsOf, textValue, unknown, unknownFrom } from "../value.ts";
import { originsOfCall, type Tool } from "./operands.ts";
import { parseOptions } from "./options.ts";

const nothing = textValue("");

/** Reads state of the machine. */
function shows(...tags: readonly string[]): Tool {
  return (call) => unknownFrom([call.emit({ kind: "system", target: call.name, tags: ["read", ...tags] })]);
}

/** Changes it. */
function changes(...tags: readonly string[]): Tool {
  return (call) => {
    const words = call.args.map(asText).join(" ");
    call.emit({
      kind: "system",
      target: `${call.name} ${words}`.trim().slice(0, 200),
      tags: ["change", ...tags],
      from: originsOfCall(call),
    });
    return unknown;
  };
}

const listsProcesses: Tool = (call) => unknownFrom([call.emit({ kind: "processes", target: null })]);

const kills: Tool = (call) => {
  const { rest } = parseOptions(
    call.args.filter((each) => !/^-(\d+|[A-Z]{2,}\w*)$/.test(asText(each))),
    "s signal u user t P g o",
  );
  if (call.name === "killall5") call.emit({ kind: "signal", target: null, tags: ["everything"] });
  for (const each of rest.length === 0 ? [unknown] : rest)
    call.emit({ kind: "signal", target: asText(each), tags: ["name"], from: originsOf(each) });
  return nothing;
};

const services: Tool = (call) => {
  const words = call.args.map(asText).filter((each) => !each.startsWith("-"));
  const [verb = ""] = call.name === "service" ? [words[1] ?? ""] : words;
  const unit = call.name === "service" ? (words[0] ?? null) : (words[1] ?? null);
  const reads = /^(status|show|list-\S+|is-\S+|cat|get-default)$/.test(verb);
  call.emit({
    kind: "system",
    target: `${verb} ${unit ?? ""}`.trim(),
    tags: [
      reads ? "read" : "change",
      "service",
      ...(/^(stop|disable|mask|kill)$/.test(verb) ? ["stop"] : []),
      ...(/^(poweroff|reboot|halt|emergency|rescue)$/.test(verb) ? ["power"] : []),
    ],
  });
  if (verb === "edit" || verb === "set-property") call.emit({ kind: "persist", target: unit, tags: ["service"] });
  if (/^(enable|link|preset|reenable)$/.test(verb)) call.emit({ kind: "persist", target: unit, tags: ["service"] });
  return unknown;
};

const crontab: Tool = (call) => {
  const { set } = parseOptions(call.args, "u");
  if (set.has("l")) return unknownFrom([call.emit({ kind: "system", target: "crontab", tags: ["read"] })]);
  if (set.has("r")) call.emit({ kind: "system", target: "crontab -r", tags: ["change"] });
  else {
    const text = call.stdin === null ? null : asText(call.stdin);
    call.emit({
      kind: "persist",
      target: "crontab",
      tags: ["schedule"],
      from: originsOfCall(call),
      data: text?.slice(0, 400) ?? null,
    });
  }
  return nothing;
};

const at: Tool = (call) => {
  const text = call.stdin === null ? null : asText(call.stdin).slice(0, 400);
  call.emit({ kind: "persist", target: "at", tags: ["schedule"], from: originsOfCall(call), data: text });
  if (call.stdin?.k === "text" && isWhole(call.stdin.text)) call.shell.evaluate(call.stdin, call.node);
  return nothing;
};

const mount: Tool = (call) => {
  const words = call.args.map(asText);
  call.emit({
    kind: "system",
    target: `${call.name} ${words.join(" ")}`.trim().slice(0, 200),
    tags: words.length === 0 ? ["read"] : ["change", "mount"],
    from: originsOfCall(call),
  });
  return unknown;
};

const network: Tool = (call) => {
  const words = call.args.map(asText);
  const changesIt = words.some((each) => /^(add|del|set|up|down|flush|change|replace)$/.test(each));
  return unknownFrom([
    call.emit({
      kind: "system",
      target: `${call.name} ${words.join(" ")}`.slice(0, 120),
      tags: [changesIt ? "change" : "read", "interfaces"],
    }),
  ]);
};

const hostName: Tool = (call) => {
  const { rest } = parseOptions(call.args, "F");
  return unknownFrom([call.emit({ kind: "system", target: "hostname", tags: [rest.length > 0 ? "change" : "read"] })]);
};

const filesystem: Tool = (call) => {
  const { rest } = parseOptions(call.args, "t L b N O");
  call.emit({ kind: "write", target: asText(rest.at(-1) ?? unknown), tags: ["overwrite", "format"] });
  call.emit({ kind: "system", target: call.name, tags: ["change", "format"] });
  return nothing;
};

const environment: Tool = (call) => {
  const index = call.emit({
    kind: "environment",
    target: asText(call.args[0] ?? textValue("")) || null,
    tags: ["read", ...(call.args.length === 0 ? ["all"] : [])],
  });
  const name = call.args[0];
  return name === undefined ? unknownFrom([index]) : call.shell.session.variable(asText(name), index);
};

const kernelModule: Tool = (call) => {
  call.emit({ kind: "native", target: asText(call.args.at(-1) ?? unknown), tags: ["kernel"] });
  call.emit({ kind: "system", target: call.name, tags: ["change", "kernel"] });
  return nothing;
};

const databases: Tool = (call) => {
  const words = call.args.map(asText);
  const wanted = words[0] ?? "";
  return unknownFrom([
    call.emit({ kind: "read", target: `/etc/${wanted === "" ? hole : wanted}`, tags: ["database"] }),
  ]);
};

export const machineTools: {
  readonly plain: Readonly<Record<string, Tool>>;
  readonly other: Readonly<Record<string, Tool>>;
} = {
  plain: {
    id: shows("users"),
    whoami: shows("users"),
    who: shows("users"),
    w: shows("users"),
    users: shows("users"),
    groups: shows("users"),
    logname: shows("users"),
    last: shows("users"),
    lastlog: shows("users"),
    uname: shows(),
    arch: shows(),
    hostname: hostName,
    hostid: shows(),
    hostnamectl: shows(),
    df: shows(),
    free: shows(),
    uptime: shows(),
    nproc: shows(),
    vmstat: shows(),
    iostat: shows(),
    mpstat: shows(),
    sar: shows(),
    lscpu: shows(),
    lsblk: shows(),
    lsusb: shows(),
    lspci: shows(),
    lsmod: shows(),
    lshw: shows(),
    dmidecode: shows(),
    lsb_release: shows(),
    findmnt: shows(),
    blkid: shows(),
    mountpoint: shows(),
    ip: network,
    ifconfig: network,
    route: network,
    arp: network,
    ss: network,
    netstat: network,
    lsof: network,
    fuser: network,
    getconf: shows(),
    locale: shows(),
    journalctl: (call) => {
      // Keeping nothing is removing; keeping a week is housekeeping.
      if (/--vacuum-(time|size|files)[= ][01][a-zA-Z]*(\s|$)/.test(call.args.map(asText).join(" ")))
        call.emit({ kind: "delete", target: "/var/log/journal", tags: ["recursive"] });
      return unknownFrom([call.emit({ kind: "system", target: call.name, tags: ["read", "service"] })]);
    },
    dmesg: (call) => {
      if (call.args.some((each) => /^(-[a-zA-Z]*[cC][a-zA-Z]*|--clear|--read-clear)$/.test(asText(each))))
        call.emit({ kind: "delete", target: "/var/log/dmesg" });
      for (const each of parseOptions(call.args, "F f l n s").values.get("F") ?? []) call.shell.readFile(each, "dmesg");
      return unknownFrom([call.emit({ kind: "system", target: call.name, tags: ["read"] })]);
    },
    vmtouch: shows(),
    numactl: shows(),
    lstopo: shows(),
    inxi: shows(),
    neofetch: shows(),
    fastfetch: shows(),
    screenfetch: shows(),
    tload: shows(),
    slabtop: shows(),
    lslocks: shows(),
    lsns: shows(),
    lsipc: shows(),
    ipcs: shows(),
    lslogins: shows("users"),
    finger: shows("users"),
    pinky: shows("users"),
    loginctl: shows("users"),
    capsh: shows("users"),
    getcap: shows(),
    getfacl: shows(),
    getfattr: shows(),
    lsattr: shows(),
    "aa-status": shows("service"),
    sestatus: shows("service"),
    getenforce: shows("service"),
    prlimit: shows(),
    chage: shows("users"),
    iwconfig: network,
    iw: network,
    ethtool: network,
    nmcli: network,
    resolvectl: network,
    bridge: network,
    tc: network,
    nstat: network,
    btop: listsProcesses,
    atop: listsProcesses,
    glances: listsProcesses,
    pwdx: listsProcesses,
    peekfd: listsProcesses,
    smem: listsProcesses,
    printenv: environment,
    ps: listsProcesses,
    pgrep: listsProcesses,
    pidof: listsProcesses,
    pstree: listsProcesses,
    top: listsProcesses,
    htop: listsProcesses,
    pmap: listsProcesses,
    pidstat: listsProcesses,
    pkill: kills,
    killall: kills,
    killall5: kills,
    skill: kills,
    xkill: kills,
    "dpkg-query": shows("packages"),
    getent: databases,
  },
  other: {
    systemctl: services,
    service: services,
    "rc-service": services,
    initctl: services,
    crontab,
    at,
    batch: at,
    mount,
    umount: mount,
    losetup: mount,
    swapon: mount,
    swapoff: mount,
    useradd: changes("users"),
    adduser: changes("users"),
    userdel: changes("users", "remove"),
    deluser: changes("users", "remove"),
    usermod: changes("users"),
    groupadd: changes("users"),
    addgroup: changes("users"),
    groupdel: changes("users", "remove"),
    passwd: changes("users", "password"),
    chpasswd: changes("users", "password"),
    chsh: changes("users"),
    visudo: changes("users"),
    vipw: changes("users", "password"),
    newusers: changes("users", "password"),
    gpasswd: changes("users"),
    chfn: changes("users"),
    pwconv: changes("users"),
    ipset: changes("firewall"),
    arptables: changes("firewall"),
    "aa-teardown": changes("security", "stop"),
    "aa-disable": changes("security", "stop"),
    "aa-complain": changes("security"),
    setsebool: changes("security"),
    restorecon: changes(),
    kexec: changes("kernel", "power"),
    debugfs: (call) => {
      const { rest } = parseOptions(call.args, "R f");
      for (const each of rest.slice(0, 1)) call.shell.readFile(each, "debugfs");
      return unknown;
    },
    kmod: kernelModule,
    depmod: changes("kernel"),
    efibootmgr: changes("boot"),
    "grub-install": changes("boot"),
    "update-ca-certificates": changes("trust"),
    "update-ca-trust": changes("trust"),
    trust: changes("trust"),
    "update-alternatives": changes("links"),
    inetd: changes("service"),
    xinetd: changes("service"),
    anacron: changes("service"),
    "systemd-tmpfiles": changes("service"),
    loadkeys: changes(),
    rfkill: changes(),
    fusermount: mount,
    sshfs: mount,
    "mount.nfs": mount,
    "mount.cifs": mount,
    sysctl: changes("kernel"),
    insmod: kernelModule,
    modprobe: kernelModule,
    rmmod: kernelModule,
    iptables: changes("firewall"),
    ip6tables: changes("firewall"),
    nft: changes("firewall"),
    ufw: changes("firewall"),
    "firewall-cmd": changes("firewall"),
    setenforce: changes("security"),
    semanage: changes("security"),
    auditctl: changes("security"),
    apparmor_parser: changes("security"),
    shutdown: changes("power"),
    reboot: changes("power"),
    halt: changes("power"),
    poweroff: changes("power"),
    init: changes("power"),
    telinit: changes("power"),
    timedatectl: changes("clock"),
    hwclock: changes("clock"),
    ntpdate: changes("clock"),
    swaplabel: changes(),
    mkfs: filesystem,
    "mkfs.ext4": filesystem,
    "mkfs.ext3": filesystem,
    "mkfs.xfs": filesystem,
    "mkfs.vfat": filesystem,
    "mkfs.btrfs": filesystem,
    mke2fs: filesystem,
    mkswap: filesystem,
    wipefs: filesystem,
    fdisk: filesystem,
    sfdisk: filesystem,
    parted: filesystem,
    sgdisk: filesystem,
    cryptsetup: filesystem,
    chroot: changes("mount"),
    pivot_root: changes("mount"),
    nsenter: changes("namespaces"),
    update_rc: changes(),
    "update-rc.d": (call) => {
      call.emit({ kind: "persist", target: asText(call.args[0] ?? unknown), tags: ["service"] });
      return nothing;
    },
    chkconfig: (call) => {
      call.emit({ kind: "persist", target: asText(call.args[0] ?? unknown), tags: ["service"] });
      return nothing;
    },
    launchctl: (call) => {
      call.emit({ kind: "persist", target: asText(call.args.at(-1) ?? unknown), tags: ["service"] });
      return nothing;
    },
    "pre-commit": (call) => {
      if (asText(call.args[0] ?? unknown) === "install") call.emit({ kind: "persist", target: "hooks", tags: ["git"] });
      return nothing;
    },
    husky: (call) => {
      call.emit({ kind: "persist", target: "hooks", tags: ["git"] });
      return nothing;
    },
    pm2: (call) => {
      if (/^(startup|save)$/.test(asText(call.args[0] ?? unknown)))
        call.emit({ kind: "persist", target: "startup", tags: ["service"] });
      return nothing;
    },
  },
};
