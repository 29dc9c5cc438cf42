/** Programs that are made to look into other machines and people: scanners, guessers, sniffers, recorders, terminals for others. */
import { asText, originsOf, textValue, unknownFrom } from "../value.ts";
import { originsOfCall, type Tool } from "./operands.ts";
import { parseOptions } from "./options.ts";

/** Talks to other machines, in a way that a tag names. */
function talks(...tags: readonly string[]): Tool {
  return (call) => {
    const { rest } = parseOptions(call.args, "p u l L P t w o oN oX i I iL M c d f r");
    const target = rest.map(asText).join(" ").slice(0, 200);
    return unknownFrom([call.emit({ kind: "connect", target, from: originsOfCall(call), tags })]);
  };
}

/** Works on this machine only: guesses passwords, makes programs that attack. */
const works: Tool = (call) => {
  for (const each of call.args)
    if (/^[/~]/.test(asText(each)) && !/[*?[]/.test(asText(each))) call.shell.readFile(each, call.name);
  return unknownFrom([call.emit({ kind: "run", target: call.name, tags: ["attack"], from: originsOfCall(call) })]);
};

/** Records keys, screen, camera or microphone into its last operand or to its output. */
const records: Tool = (call) => {
  const index = call.emit({ kind: "input", target: call.name, tags: ["spy"] });
  const output = call.args.findLast((each) => /\.\w+$|^\//.test(asText(each)));
  if (output !== undefined) call.shell.writeFile(output, unknownFrom([index]), call.name);
  return unknownFrom([index]);
};

/** Gives what was copied last; setting it tells nothing. */
const clipboard: Tool = (call) => {
  const words = call.args.map(asText);
  const reads = words.some((each) => /^-(o|-?out|-?output)$/.test(each)) || /paste/.test(call.name);
  return reads ? unknownFrom([call.emit({ kind: "input", target: call.name, tags: ["clipboard"] })]) : textValue("");
};

/** `ffmpeg -f x11grab -i :0`: a recorder where its input is a device. */
const ffmpeg: Tool = (call) => {
  const words = call.args.map(asText);
  if (words.some((each) => /^(x11grab|v4l2|alsa|pulse|avfoundation|gdigrab|dshow|kmsgrab|fbdev)$/.test(each)))
    return records(call);
  for (const [index, each] of call.args.entries())
    if (words[index - 1] === "-i" && !/^\w+:/.test(asText(each))) call.shell.readFile(each, call.name);
  const output = call.args.at(-1);
  if (output !== undefined && !/^-/.test(asText(output))) call.shell.writeFile(output, null, call.name);
  return unknownFrom([]);
};

/** Gives a terminal to whoever connects. */
const console: Tool = (call) => {
  call.emit({ kind: "listen", target: call.args.map(asText).join(" ").slice(0, 120), tags: ["raw"] });
  call.emit({ kind: "run", target: call.name, tags: ["console"] });
  return unknownFrom([]);
};

/** A debugger that is tied to a process that runs. */
const attaches: Tool = (call) => {
  const words = call.args.map(asText);
  const isTied = words.some((each) => /^(-p|--pid|-p\d+|--pid=.*|attach.*)$/.test(each)) || call.name === "gcore";
  if (isTied)
    call.emit({ kind: "system", target: `${call.name} ${words.join(" ")}`.slice(0, 160), tags: ["change", "inject"] });
  for (const each of words) {
    const command =
      /^(?:!|shell\s+|(?:call|print|p)\s.*?\bsystem\s*\("|python\b.*?\bspawn\("|python\b.*?\bsystem\(")([^")]*)/.exec(
        each,
      )?.[1];
    if (command !== undefined) call.shell.evaluate(textValue(command), call.node);
  }
  const { rest } = parseOptions(call.args, "ex batch p pid e o s f E P u c", "first");
  if (!isTied && rest.length > 0) return call.shell.execute(rest, call.stdin, call.node);
  return unknownFrom([]);
};

/** Ends a store of data, whatever is on it. */
function destroys(words: RegExp): Tool {
  return (call) => {
    const line = call.args.map(asText).join(" ");
    if (words.test(line))
      call.emit({ kind: "system", target: `${call.name} ${line}`.slice(0, 160), tags: ["change", "destroy"] });
    return unknownFrom([]);
  };
}

/** A log-in server of its own, on a port or with settings of its own. */
const logIn: Tool = (call) => {
  const { set } = parseOptions(call.args, "p o f h E r");
  if (set.has("t") || set.has("T")) return unknownFrom([]);
  call.emit({
    kind: "listen",
    target: call.args.map(asText).join(" "),
    tags: set.has("p") || set.has("o") ? ["raw"] : [],
  });
  if (set.has("p") || set.has("o") || call.name === "dropbear")
    call.emit({ kind: "run", target: call.name, tags: ["console"] });
  return unknownFrom([]);
};

function all(names: string, tool: Tool): Readonly<Record<string, Tool>> {
  return Object.fromEntries(names.split(/\s+/).map((name) => [name, tool]));
}

export const attackTools: Readonly<Record<string, Tool>> = {
  ...all(
    `arp-scan netdiscover fping rustscan naabu unicornscan angryip zgrab nbtscan onesixtyone snmpwalk snmp-check p0f
     nikto gobuster dirb dirbuster ffuf wfuzz feroxbuster whatweb wpscan nuclei amass subfinder sublist3r dnsrecon
     dnsenum fierce enum4linux smbmap sslscan httpx-toolkit masscan zmap nmap`,
    talks("scan"),
  ),
  ...all(
    `hydra medusa ncrack patator crowbar thc-hydra kerbrute sqlmap commix msfconsole msfcli setoolkit beef-xss crackmapexec
     netexec nxc evil-winrm responder impacket-psexec psexec.py secretsdump.py wmiexec.py bloodhound-python hping3 hping
     t50 slowloris slowhttptest goldeneye hulk mdk3 mdk4 arpspoof ettercap bettercap dsniff sslstrip dnsspoof macof yersinia
     aireplay-ng airodump-ng reaver bully wifite wifiphisher empire sliver-client covenant routersploit weevely`,
    talks("attack"),
  ),
  ...all(
    `john hashcat fcrackzip pdfcrack rarcrack zip2john ssh2john unshadow aircrack-ng ophcrack chntpw cewl crunch msfvenom
     ysoserial mimikatz lazagne linpeas linpeas.sh linenum.sh pspy pspy64 les.sh unix-privesc-check veil shellter
     logkeys-crack cupp mimipenguin`,
    works,
  ),
  ...all("ngrep dumpcap tcpflow dsniff airmon-ng tcpick ssldump kismet", talks("sniff")),
  ...all(
    `scrot import gnome-screenshot xwd maim grim spectacle screencapture flameshot shutter xfce4-screenshooter xinput
     logkeys xspy showkey evtest evemu-record arecord parecord parec pw-record rec fswebcam streamer imagesnap motion guvcview
     recordmydesktop wf-recorder xev lkl uberkey ttyrec`,
    records,
  ),
  ...all("xclip xsel wl-paste pbpaste", clipboard),
  ffmpeg,
  ...all("ttyd gotty shellinaboxd wetty tmate teleconsole gsocket gs-netcat pwncat upterm", console),
  sshd: logIn,
  dropbear: logIn,
  ...all("gdb lldb strace ltrace gcore reptyr nsinject pyrasite py-spy radare2 r2 frida frida-trace", attaches),
  ...all("blkdiscard", destroys(/\/dev\//)),
  hdparm: destroys(/--(security-erase|trim-sector|make-bad-sector|dco-restore)/),
  nvme: destroys(/^(format|sanitize|write-zeroes)/),
  ...all("lvremove vgremove pvremove", destroys(/./)),
  ...all("zfs zpool", destroys(/^(destroy|labelclear)/)),
  mdadm: destroys(/--(zero-superblock|stop)|-S\b/),
  btrfs: destroys(/subvolume delete/),
  vssadmin: destroys(/delete/),
  wbadmin: destroys(/delete/),
  sshpass: (call) => {
    const { rest, values } = parseOptions(call.args, "p f d P", "first");
    const word = values.get("p")?.[0];
    const index = call.emit({
      kind: "connect",
      target: "ssh",
      tags: ["login"],
      from: word === undefined ? [] : originsOf(word),
    });
    void index;
    return call.shell.execute(rest, call.stdin, call.node);
  },
};
