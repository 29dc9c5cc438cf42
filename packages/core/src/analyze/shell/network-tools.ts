/** Tools that talk to other machines. */
import {
  asText,
  hole,
  isWhole,
  joinOrigins,
  noOrigins,
  type Origins,
  originsOf,
  textValue,
  unknown,
  unknownFrom,
  type Value,
} from "../value.ts";
import { originsOfCall, paths, type Tool } from "./operands.ts";
import { parseOptions } from "./options.ts";
import type { CommandCall } from "./shell.ts";

const nothing = textValue("");

const curlOptions =
  "o output d data data-raw data-binary data-ascii data-urlencode json F form form-string T upload-file X request H header u user A user-agent e referer x proxy m max-time connect-timeout retry retry-delay retry-max-time w write-out b cookie c cookie-jar K config cacert cert key E D dump-header r range resolve interface limit-rate max-redirs y Y z C url output-dir proto unix-socket";

/** `@file` in a value reads the file. */
function sentBy(call: CommandCall, value: Value, marks: RegExp): Origins {
  const text = asText(value);
  const file = marks.exec(text)?.[1];
  if (file === undefined || file === "-")
    return joinOrigins(originsOf(value), file === "-" && call.stdin !== null ? originsOf(call.stdin) : noOrigins);
  const path = value.k === "text" ? { ...value, text: file } : value;
  return originsOf(call.shell.readFile(path, call.name));
}

const curl: Tool = (call) => {
  const { set, values, rest } = parseOptions(call.args, curlOptions);
  const bodies = ["d", "data", "data-binary", "data-ascii", "data-urlencode", "json"].flatMap(
    (name) => values.get(name) ?? [],
  );
  const forms = ["F", "form"].flatMap((name) => values.get(name) ?? []);
  const uploads = ["T", "upload-file"].flatMap((name) => values.get(name) ?? []);
  const headers = [
    "H",
    "header",
    "b",
    "cookie",
    "A",
    "user-agent",
    "e",
    "referer",
    "u",
    "user",
    "data-raw",
    "form-string",
  ].flatMap((name) => values.get(name) ?? []);
  let from = noOrigins;
  for (const each of bodies) from = joinOrigins(from, sentBy(call, each, /^(?:[^=@]*=?)@([\s\S]+)$/));
  for (const each of forms) from = joinOrigins(from, sentBy(call, each, /=[@<]([^;]+)/));
  for (const each of uploads)
    from = joinOrigins(
      from,
      asText(each) === "-"
        ? call.stdin === null
          ? noOrigins
          : originsOf(call.stdin)
        : originsOf(call.shell.readFile(each, "curl")),
    );
  for (const each of headers) from = joinOrigins(from, originsOf(each));
  const urls = [...rest, ...(values.get("url") ?? [])];
  for (const each of urls) from = joinOrigins(from, originsOf(each));
  const local = urls.filter((each) => /^file:\/\//i.test(asText(each)));
  if (local.length > 0 && local.length === urls.length) {
    const contents = local.map((each) =>
      call.shell.readFile(each.k === "text" ? { ...each, text: each.text.replace(/^file:\/\//i, "") } : each, "curl"),
    );
    const read = contents[0] ?? unknown;
    for (const each of [...(values.get("o") ?? []), ...(values.get("output") ?? [])])
      call.shell.writeFile(each, read, "curl", ["copy"]);
    return read;
  }
  if (values.has("unix-socket")) {
    call.emit({ kind: "write", target: asText(values.get("unix-socket")?.[0] ?? unknown), tags: ["socket"], from });
    return unknown;
  }
  const method = asText(values.get("X")?.[0] ?? values.get("request")?.[0] ?? textValue("GET")).toUpperCase();
  const sends =
    bodies.length + forms.length + uploads.length > 0 || values.has("data-raw") || /^(POST|PUT|PATCH)$/.test(method);
  const insecure = set.has("k") || set.has("insecure") ? ["insecure"] : [];
  const indexes = paths(urls.length === 0 ? [unknown] : urls).map(({ path }) =>
    call.emit({
      kind: sends ? "send" : "fetch",
      target: path,
      from,
      tags: [...insecure, ...(uploads.length > 0 ? ["upload"] : [])],
    }),
  );
  const content = unknownFrom(indexes);
  const outputs = [...(values.get("o") ?? []), ...(values.get("output") ?? [])];
  for (const each of outputs) call.shell.writeFile(each, content, "curl", ["download"]);
  for (const each of [...(values.get("c") ?? []), ...(values.get("D") ?? [])])
    call.shell.writeFile(each, content, "curl", []);
  if (set.has("O") || set.has("remote-name") || set.has("remote-name-all"))
    for (const { path } of paths(urls))
      call.shell.writeFile(textValue(path.split(/[?#]/)[0]?.split("/").at(-1) || hole), content, "curl", ["download"]);
  return outputs.length > 0 || set.has("O") ? nothing : content;
};

const wget: Tool = (call) => {
  const { values, rest, set } = parseOptions(
    call.args,
    "O output-document P directory-prefix post-data post-file body-data body-file method header user-agent U user password T timeout t tries w wait o output-file a i input-file e execute level l accept A reject R",
  );
  let from = rest.reduce<Origins>((all, each) => joinOrigins(all, originsOf(each)), noOrigins);
  for (const each of [
    ...(values.get("post-data") ?? []),
    ...(values.get("header") ?? []),
    ...(values.get("body-data") ?? []),
  ])
    from = joinOrigins(from, originsOf(each));
  for (const each of [...(values.get("post-file") ?? []), ...(values.get("body-file") ?? [])])
    from = joinOrigins(from, originsOf(call.shell.readFile(each, "wget")));
  const sends = ["post-data", "post-file", "body-file", "body-data"].some((name) => values.has(name));
  const insecure = set.has("no-check-certificate") ? ["insecure"] : [];
  const indexes = paths(rest.length === 0 ? [unknown] : rest).map(({ path }) =>
    call.emit({ kind: sends ? "send" : "fetch", target: path, from, tags: insecure }),
  );
  const content = unknownFrom(indexes);
  const [output] = [...(values.get("O") ?? []), ...(values.get("output-document") ?? [])];
  if (output !== undefined && /^(-|\/dev\/stdout)$/.test(asText(output))) return content;
  if (set.has("spider")) return unknown;
  const folder = asText(values.get("P")?.[0] ?? values.get("directory-prefix")?.[0] ?? textValue("."));
  if (output !== undefined) call.shell.writeFile(output, content, "wget", ["download"]);
  else
    for (const { path } of paths(rest))
      call.shell.writeFile(
        textValue(`${folder}/${path.split(/[?#]/)[0]?.split("/").at(-1) || hole}`),
        content,
        "wget",
        ["download"],
      );
  return nothing;
};

const netcat: Tool = (call) => {
  const { set, values, rest } = parseOptions(call.args, "p s w e c g i o q x X exec sh-exec lua-exec I O T m");
  if (set.has("U")) {
    const path = rest[0] ?? unknown;
    call.emit({ kind: "write", target: asText(path), tags: ["socket"], from: originsOf(path) });
    return unknown;
  }
  const shell = ["e", "c", "exec", "sh-exec"].flatMap((name) => values.get(name) ?? []);
  const listens = set.has("l") || set.has("listen");
  const target = rest.map((each) => asText(each)).join(":");
  const from = joinOrigins(
    call.stdin === null ? noOrigins : originsOf(call.stdin),
    rest.reduce<Origins>((all, each) => joinOrigins(all, originsOf(each)), noOrigins),
  );
  const scans = set.has("z") ? ["scan"] : [];
  const index = call.emit({
    kind: listens ? "listen" : call.stdin === null || set.has("z") ? "connect" : "send",
    target,
    from,
    tags: ["raw", ...(shell.length > 0 ? ["shell"] : []), ...scans],
  });
  for (const each of shell)
    call.shell.execute(
      asText(each)
        .split(/\s+/)
        .map((word) => textValue(word)),
      unknownFrom([index]),
      call.node,
    );
  return unknownFrom([index]);
};

const socat: Tool = (call) => {
  const { rest } = parseOptions(call.args, "T t b");
  const words = rest.map(asText);
  const runs = words.some((each) => /^(EXEC|SYSTEM|SHELL):|^cmd:|^sh-c:/i.test(each));
  const files = words.flatMap((each) => /^(?:FILE|OPEN|GOPEN|READBYTES):([^,]+)/i.exec(each)?.[1] ?? []);
  const contents = files.map((each) => originsOf(call.shell.readFile(textValue(each), "socat")));
  const isRemote = words.some((each) => /^(TCP|UDP|OPENSSL|SOCKS|PROXY|SCTP|VSOCK|DTLS|wss?|tcp)/i.test(each));
  const fromFiles = contents.reduce<Origins>(joinOrigins, noOrigins);
  if (!isRemote && files.length > 0) return unknownFrom(fromFiles);
  if (!isRemote && words.some((each) => /^UNIX/i.test(each))) {
    for (const each of words) {
      const path = /^UNIX[\w-]*:([^,]+)/i.exec(each)?.[1];
      if (path !== undefined) call.emit({ kind: "write", target: path, tags: ["socket"] });
    }
    return unknown;
  }
  const index = call.emit({
    kind: words.some((each) => /LISTEN|^ws-l:|^tcp-l:/i.test(each)) ? "listen" : files.length > 0 ? "send" : "connect",
    target: words.join(" "),
    from: joinOrigins(originsOfCall(call), fromFiles),
    tags: ["raw", ...(runs ? ["shell"] : [])],
  });
  for (const each of words) {
    const command = /^(?:EXEC|SYSTEM|SHELL|cmd|sh-c):["']?([^,"']+)/i.exec(each)?.[1];
    if (command !== undefined)
      call.shell.execute(
        command.split(/\s+/).map((word) => textValue(word)),
        unknownFrom([index]),
        call.node,
      );
  }
  return unknownFrom([index]);
};

function connector(takes: string, ...tags: readonly string[]): Tool {
  return (call) => {
    const { rest } = parseOptions(call.args, takes, "anywhere");
    const index = call.emit({
      kind: "connect",
      target: rest[0] === undefined ? null : asText(rest[0]),
      from: originsOfCall(call),
      tags,
    });
    return unknownFrom([index]);
  };
}

const sshOptions = "b c D E e F I i J L l m O o p Q R S W w";

const ssh: Tool = (call) => {
  const { rest, values } = parseOptions(call.args, sshOptions, "first");
  for (const each of values.get("i") ?? []) call.emit({ kind: "read", target: asText(each), tags: ["identity"] });
  const tunnels = values.has("R") || values.has("D") || values.has("L") ? ["tunnel"] : [];
  const from = originsOfCall(call);
  const index = call.emit({
    kind: call.stdin === null ? "connect" : "send",
    target: asText(rest[0] ?? unknown),
    from,
    tags: tunnels,
  });
  return unknownFrom([index]);
};

/** `host:path` is another machine's; a drive letter or a known folder is not. */
function isRemote(text: string): boolean {
  return /^[^/]*:/.test(text) && !/^\.{0,2}\//.test(text);
}

const remoteCopy: Tool = (call) => {
  const { rest, set } = parseOptions(
    call.args,
    call.name === "rsync" ? "e rsh exclude include exclude-from files-from log-file bwlimit" : "c F i J l o P S",
  );
  const target = rest.at(-1);
  const sources = rest.slice(0, -1);
  if (target === undefined) return nothing;
  if (isRemote(asText(target)) || /^rsync:/.test(asText(target))) {
    const from = sources.reduce<Origins>(
      (all, each) => joinOrigins(all, originsOf(call.shell.readFile(each, call.name))),
      noOrigins,
    );
    call.emit({ kind: "send", target: asText(target), from, tags: ["upload"] });
    return nothing;
  }
  const remotes = sources.filter((each) => isRemote(asText(each)));
  const indexes = paths(remotes).map(({ path }) => call.emit({ kind: "fetch", target: path, from: noOrigins }));
  const locals = sources
    .filter((each) => !remotes.includes(each))
    .map((each) => originsOf(call.shell.readFile(each, call.name)));
  call.shell.writeFile(
    target,
    unknownFrom(locals.reduce<Origins>(joinOrigins, indexes)),
    call.name,
    indexes.length > 0 ? ["download"] : ["copy"],
  );
  if ([...set].some((each) => each.startsWith("delete")))
    call.emit({ kind: "delete", target: asText(target), tags: ["recursive", "narrowed"] });
  return nothing;
};

/** Clients of stores elsewhere: what is copied from here to there is sent. */
function cloudCopy(takes: string): Tool {
  return (call) => {
    const { rest } = parseOptions(call.args, takes, "anywhere");
    const words = rest.map(asText);
    const verb = words.findIndex((each) => /^(cp|sync|mv|copy|move|put|rsync|upload|copyto|mirror)$/.test(each));
    const target = words.at(-1) ?? "";
    if (verb >= 0 && /^[\w-]+:/.test(target)) {
      const sources = rest.slice(verb + 1, -1).filter((each) => !/^[\w-]+:/.test(asText(each)));
      const from = sources.reduce<Origins>(
        (all, each) => joinOrigins(all, originsOf(call.shell.readFile(each, call.name))),
        call.stdin === null ? noOrigins : originsOf(call.stdin),
      );
      call.emit({ kind: "send", target, from, tags: ["upload"] });
      return nothing;
    }
    const index = call.emit({ kind: "connect", target: words[0] ?? null, from: originsOfCall(call), tags: [] });
    return unknownFrom([index]);
  };
}

const mail: Tool = (call) => {
  const { values, rest } = parseOptions(call.args, "s a A c b r S f F");
  let from = call.stdin === null ? noOrigins : originsOf(call.stdin);
  for (const name of ["a", "A"])
    for (const each of values.get(name) ?? [])
      from = joinOrigins(from, originsOf(call.shell.readFile(each, call.name)));
  call.emit({ kind: "send", target: asText(rest[0] ?? unknown), from, tags: ["mail"] });
  return nothing;
};

const git: Tool = (call) => {
  const { rest, set } = parseOptions(call.args, "C c git-dir work-tree b branch m depth", "first");
  const [verb, ...more] = rest;
  const name = asText(verb ?? unknown);
  const words = more.map(asText);
  const url =
    words.find((each) => /:\/\/|^[\w.-]+@[\w.-]+:/.test(each)) ?? words.find((each) => !each.startsWith("-")) ?? null;
  void set;
  if (name === "diff" && words.includes("--no-index"))
    return unknownFrom(
      more
        .filter((each) => !asText(each).startsWith("-"))
        .reduce<Origins>((all, each) => joinOrigins(all, originsOf(call.shell.readFile(each, "git"))), noOrigins),
    );
  if (name === "credential" && words[0] === "fill")
    return unknownFrom([call.emit({ kind: "read", target: "credential-store", tags: ["credentials"] })]);
  if (name === "hash-object" || name === "apply" || name === "am")
    for (const each of more) if (!asText(each).startsWith("-")) call.shell.readFile(each, "git");
  if (
    /^(clone|fetch|pull|ls-remote)$/.test(name) ||
    (name === "submodule" && /update|add/.test(words.join(" "))) ||
    (name === "remote" && words[0] === "update")
  ) {
    const index = call.emit({ kind: "fetch", target: url, tags: ["repository"], from: originsOfCall(call) });
    if (name === "clone")
      call.shell.session.wrote(
        words.filter((each) => !each.startsWith("-"))[1] ??
          url
            ?.split("/")
            .at(-1)
            ?.replace(/\.git$/, "") ??
          ".",
        null,
        index,
      );
  } else if (name === "push") call.emit({ kind: "send", target: url, tags: ["repository"], from: originsOfCall(call) });
  else if (name === "clean" || name === "rm")
    call.emit({
      kind: "delete",
      target: name === "rm" ? (words.find((each) => !each.startsWith("-")) ?? ".") : ".",
      tags: ["narrowed"],
    });
  else if (
    name === "config" &&
    words.some((each) => /core\.(hookspath|fsmonitor|sshcommand|pager|editor)|^alias\./i.test(each))
  )
    call.emit({
      kind: "persist",
      target: words.find((each) => each.includes(".")) ?? null,
      tags: ["git"],
      data: words.slice(1).join(" ").slice(0, 400),
    });
  return unknown;
};

export const networkTools: {
  readonly plain: Readonly<Record<string, Tool>>;
  readonly other: Readonly<Record<string, Tool>>;
} = {
  plain: { curl, wget },
  other: {
    nc: netcat,
    ncat: netcat,
    netcat,
    "nc.openbsd": netcat,
    "nc.traditional": netcat,
    socat,
    ssh,
    autossh: ssh,
    dbclient: ssh,
    mosh: ssh,
    scp: remoteCopy,
    rsync: (call) =>
      call.args.some((each) => isRemote(asText(each)) || /^rsync:/.test(asText(each)) || !isWhole(asText(each)))
        ? remoteCopy(call)
        : remoteCopy(call),
    sftp: connector("b i o P"),
    ftp: connector("", "raw"),
    lftp: connector("e u p c", "raw"),
    tftp: connector("", "raw"),
    telnet: connector("", "raw"),
    ping: connector("c i W w s I p t", "ping"),
    ping6: connector("c i W w s I p t", "ping"),
    traceroute: connector("m q w p"),
    tracepath: connector("m p"),
    mtr: connector("c i"),
    dig: (call) => {
      for (const each of parseOptions(call.args, "f p t c x b k y").values.get("f") ?? [])
        call.shell.readFile(each, "dig");
      return connector("f p t c x b k y", "lookup")(call);
    },
    nslookup: connector("", "lookup"),
    host: connector("t W", "lookup"),
    whois: connector("h p", "lookup"),
    "ssh-keyscan": connector("f p t T", "scan", "raw"),
    "ssh-copy-id": connector("i p o f"),
    smbclient: connector("U c p I W m"),
    rpcclient: connector("U c W"),
    ldapsearch: connector("H D w b x y"),
    snmpget: connector("v c"),
    rsh: ssh,
    rlogin: ssh,
    rexec: ssh,
    plink: ssh,
    pscp: remoteCopy,
    "yt-dlp": connector("o f P"),
    "youtube-dl": connector("o f"),
    axel: (call) => wget(call),
    lynx: connector("auth cfg"),
    w3m: connector("o T"),
    links: connector(""),
    elinks: connector(""),
    lwp: connector(""),
    "lwp-request": connector("m"),
    GET: connector(""),
    POST: connector(""),
    httpie: connector(""),
    xh: connector(""),
    nats: connector("s"),
    kafkacat: connector("b t"),
    kcat: connector("b t"),
    etcdctl: connector(""),
    consul: connector(""),
    vault: connector(""),
    nomad: connector(""),
    influx: connector(""),
    cqlsh: connector(""),
    sqlcmd: connector("S U P Q d"),
    bq: connector(""),
    wg: connector(""),
    "wg-quick": connector("", "tunnel"),
    tailscale: connector(""),
    zerotier: connector(""),
    tcpdump: connector("i w r c", "sniff"),
    tshark: connector("i w r c", "sniff"),
    aria2c: (call) => curl({ ...call, args: call.args }),
    http: connector("a o p h b"),
    https: connector("a o p h b"),
    grpcurl: connector("d H proto"),
    websocat: socat,
    ngrok: connector("", "tunnel"),
    cloudflared: connector("", "tunnel"),
    chisel: connector("", "tunnel"),
    tor: connector("", "tunnel"),
    mail,
    mailx: mail,
    mutt: mail,
    sendmail: mail,
    msmtp: mail,
    swaks: mail,
    git,
    gh: connector("R repo"),
    glab: connector("R"),
    aws: cloudCopy("profile region output endpoint-url"),
    gcloud: connector("project"),
    gsutil: cloudCopy("o"),
    az: connector(""),
    rclone: cloudCopy("config"),
    s3cmd: cloudCopy("c"),
    mc: cloudCopy(""),
    azcopy: cloudCopy(""),
    gdrive: cloudCopy(""),
    kubectl: connector("n namespace f"),
    helm: connector("n f"),
    terraform: connector(""),
    ansible: connector("i m a"),
    "ansible-playbook": connector("i e"),
    psql: connector("h p U d c f"),
    pg_dump: connector("h p U d f"),
    pg_isready: connector("h p U d"),
    mysql: connector("h P u e D"),
    mysqldump: connector("h P u"),
    mysqladmin: connector("h P u"),
    "redis-cli": connector("h p a n"),
    mongosh: connector(""),
    mongo: connector(""),
    mongodump: connector(""),
    twine: connector(""),
    heroku: connector(""),
    vercel: connector(""),
    netlify: connector(""),
    flyctl: connector(""),
    doctl: connector(""),
    wscat: connector("c"),
    mosquitto_pub: connector("h p t m"),
  },
};
