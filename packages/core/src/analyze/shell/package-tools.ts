/** Managers of packages, containers and builds. */
import { asText, textValue, unknown, unknownFrom } from "../value.ts";
import { originsOfCall, type Tool } from "./operands.ts";

const words = (call: Parameters<Tool>[0]): readonly string[] => call.args.map(asText);

/** Verbs that reach for the network, and verbs that build machine code. */
function manager(
  fetches: RegExp,
  options: { readonly builds?: RegExp; readonly system?: boolean; readonly always?: boolean } = {},
): Tool {
  return (call) => {
    const given = words(call).filter((each) => !each.startsWith("-"));
    const verb = given[0] ?? "";
    const rest = given.slice(1);
    if (options.system === true)
      call.emit({ kind: "system", target: `${call.name} ${given.join(" ")}`.slice(0, 120), tags: ["packages"] });
    if (options.always === true || fetches.test(verb) || fetches.test(`${verb} ${rest[0] ?? ""}`)) {
      const all = words(call);
      const remote = all
        .map((each) => each.replace(/^--?[\w-]+=/, ""))
        .find((each) => /:\/\//.test(each) || /^\d+(\.\d+){3}[:/]/.test(each));
      call.emit({
        kind: "fetch",
        target: remote ?? given.slice(1).join(" ").slice(0, 200) ?? null,
        tags: ["package", ...(remote === undefined ? [] : ["address"])],
        from: originsOfCall(call),
      });
    }
    if (call.name === "npm" && verb === "pkg" && /scripts\.(pre|post)?(install|prepare|publish)/.test(rest.join(" ")))
      call.emit({
        kind: "persist",
        target: "package.json",
        tags: ["package-script"],
        data: rest.join(" ").slice(0, 400),
      });
    if (verb === "config" && /^set/.test(rest[0] ?? "")) {
      const source = rest.flatMap((each) => each.split("=")).find((each) => /:\/\//.test(each));
      if (source !== undefined) call.emit({ kind: "fetch", target: source, tags: ["package", "address"] });
    }
    // A package that was downloaded before is run by its installation.
    if (
      /^(install|i|add|-i|-U|-Uvh)$/.test(verb) ||
      words(call).some((each) => /^(-i|--install|-U\w*|-i\w+)$/.test(each))
    )
      for (const each of given) {
        const written = call.shell.session.writtenTo(each);
        if (written !== null) call.emit({ kind: "run", target: each, tags: ["install"], from: written.from });
        if (/^https?:\/\//.test(each) && !(options.always === true || fetches.test(verb)))
          call.emit({ kind: "fetch", target: each, tags: ["package", "address"] });
      }
    if (options.builds?.test(verb) === true) call.emit({ kind: "native", target: given[1] ?? null, tags: ["build"] });
    return unknown;
  };
}

const compiler: Tool = (call) => {
  const given = words(call);
  if (given.every((each) => /^-?-?(v|version|help|dumpmachine|print-\S+)$/.test(each))) {
    call.emit({ kind: "native", target: call.name, tags: ["build"] });
    return unknown;
  }
  const output = given[given.indexOf("-o") + 1];
  const index = call.emit({
    kind: "native",
    target: given.find((each) => /\.(c|cc|cpp|rs|s|S|asm|zig|cu)$/.test(each)) ?? call.name,
    tags: ["build"],
    from: originsOfCall(call),
  });
  if (given.includes("-o") && output !== undefined) call.shell.session.wrote(output, null, index);
  return unknown;
};

const containers: Tool = (call) => {
  const given = words(call);
  const verb = given.find((each) => !each.startsWith("-")) ?? "";
  if (
    /^(pull|push|login|search)$/.test(verb) ||
    (verb === "buildx" && given.includes("--push")) ||
    (verb === "compose" && given.some((each) => /^(pull|push)$/.test(each)))
  )
    call.emit({
      kind: verb === "push" ? "send" : "fetch",
      target: given.at(-1) ?? null,
      tags: ["image"],
      from: originsOfCall(call),
    });
  if (verb === "run" || verb === "create") {
    const image = given.find((each, index) => index > 0 && /^\d+(\.\d+){3}(:\d+)?\//.test(each));
    if (image !== undefined) call.emit({ kind: "fetch", target: image, tags: ["image", "address"] });
  }
  const escapes =
    (verb === "run" && given.some((each) => /privileged"?\s*:\s*true|hostPID|hostNetwork/.test(each))) ||
    given.includes("--privileged") ||
    given.some((each) => /^(--pid|--network|--net|--ipc|--userns|--uts)=host$/.test(each) || /^--cap-add/.test(each)) ||
    given.some(
      (each, index) =>
        /^(-v|--volume|--mount)$/.test(given[index - 1] ?? "") &&
        /^(\/(etc|root|var|proc|sys|home)?:|.*source=\/(,|$))|docker\.sock/.test(each),
    ) ||
    given.some((each) => /^(-v|--volume=)\/(etc|root|proc|sys)?:/.test(each));
  if (escapes)
    call.emit({
      kind: "system",
      target: `${call.name} ${given.join(" ")}`.slice(0, 160),
      tags: ["change", "host-access"],
    });
  return unknownFrom([]);
};

const node: Tool = manager(
  /^(ci|install|i|add|publish|update|upgrade|audit|outdated|view|login|create|dlx|exec|init \S)$/,
);

export const packageTools: Readonly<Record<string, Tool>> = {
  pip: manager(/^(install|download|search|index)$/),
  pip3: manager(/^(install|download|search|index)$/),
  pipx: manager(/^(install|run|upgrade)$/),
  uv: manager(/^(add|sync|lock|tool|pip install|pip sync)/),
  uvx: manager(/./, { always: true }),
  poetry: manager(/^(install|add|update|publish|lock)$/),
  pipenv: manager(/^(install|sync|update|lock)$/),
  pdm: manager(/^(install|add|update|sync|publish)$/),
  conda: manager(/^(install|create|update|search)$/),
  mamba: manager(/^(install|create|update)$/),
  easy_install: manager(/./, { always: true }),
  npm: node,
  pnpm: node,
  yarn: (call) =>
    call.args.length === 0 ? (call.emit({ kind: "fetch", target: null, tags: ["package"] }), unknown) : node(call),
  bun: node,
  npx: manager(/./, { always: true }),
  bunx: manager(/./, { always: true }),
  gem: manager(/^(install|fetch|push|update)$/),
  bundle: manager(/^(install|update)$/),
  composer: manager(/^(install|require|update)$/),
  go: manager(/^(get|install|mod download|mod tidy)$/, { builds: /^(build|run|test|install)$/ }),
  cargo: manager(/^(install|publish|fetch|update|add)$/, { builds: /^(build|run|test|install|bench|check)$/ }),
  rustup: manager(/^(install|update|toolchain|component|target)/),
  apt: manager(/^(update|install|upgrade|full-upgrade|dist-upgrade)$/, { system: true }),
  "apt-get": manager(/^(update|install|upgrade|dist-upgrade|build-dep|download)$/, { system: true }),
  "apt-cache": manager(/^$/, { system: true }),
  "apt-key": manager(/^(adv)$/, { system: true }),
  "add-apt-repository": manager(/./, { system: true, always: true }),
  dpkg: manager(/^$/, { system: true }),
  dnf: manager(/^(install|update|upgrade|makecache|download)$/, { system: true }),
  yum: manager(/^(install|update|upgrade|makecache)$/, { system: true }),
  rpm: manager(/^$/, { system: true }),
  zypper: manager(/^(install|in|update|up|refresh)$/, { system: true }),
  apk: manager(/^(add|update|upgrade|fetch)$/, { system: true }),
  pacman: (call) => {
    call.emit({ kind: "system", target: "pacman", tags: ["packages"] });
    if (words(call).some((each) => /^-S/.test(each))) call.emit({ kind: "fetch", target: null, tags: ["package"] });
    return unknown;
  },
  brew: manager(/./, { system: true, always: true }),
  snap: manager(/^(install|refresh)$/, { system: true }),
  flatpak: manager(/^(install|update)$/, { system: true }),
  gcc: compiler,
  "g++": compiler,
  cc: compiler,
  "c++": compiler,
  clang: compiler,
  "clang++": compiler,
  tcc: compiler,
  rustc: compiler,
  zig: compiler,
  nvcc: compiler,
  nasm: compiler,
  as: compiler,
  ld: compiler,
  cython: compiler,
  docker: containers,
  podman: containers,
  nerdctl: containers,
  "docker-compose": containers,
  make: () => textValue(""),
};
