import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { matching, read } from "./tree.ts";

/** Who may import whom. What two packages need belongs into one that both may import. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  contract: [],
  core: ["contract"],
  runtimes: ["contract", "core"],
  gateway: ["contract", "core", "runtimes"],
  // The client's types are printed from the contract; its package has no dependencies.
  sdk: [],
  cli: ["contract", "sdk"],
};
/** What each package is for, so that the message can say where code belongs. */
const belongs: Readonly<Record<string, string>> = {
  contract: "what can be said on the wire: schemas, errors, limits, ids",
  core: "what is decided, without processes, files or sockets",
  runtimes: "where it runs: launcher, agent, jails",
  gateway: "who may ask: HTTP, keys, store, configuration",
  sdk: "the client, which knows the gateway only by its wire, in Node and browsers",
  cli: "hsrctl, which knows the gateway only by its wire",
};
/** Packages that do not touch the world outside by themselves. */
const purePackages = ["contract", "core", "sdk"];
const worldly = /^node:(child_process|fs|fs\/promises|net|http|https|http2|dgram|tls|sqlite|worker_threads|cluster)$/;

function importsOf(text: string): readonly string[] {
  const found = text.matchAll(
    /^\s*(?:import|export)\b[^;]*?\bfrom\s+"([^"]+)"|^\s*import\s+"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/gms,
  );
  return [...found].flatMap((match) => match[1] ?? match[2] ?? match[3] ?? []);
}

describe.each(Object.keys(mayImport))("package %s", (name) => {
  const sources = matching(new RegExp(`^packages/${name}/src/.*\\.ts$`));

  test("imports only packages that stand before it", () => {
    const wrong = sources.flatMap((path) =>
      importsOf(read(path)).flatMap((specifier) => {
        const other = /^@hsr\/([a-z]+)/.exec(specifier)?.[1];
        if (other === undefined || mayImport[name]?.includes(other)) return [];
        return `${path} imports @hsr/${other}. ${name} is ${belongs[name]}; ${other} is ${belongs[other]}. Move what both need into one that both may import.`;
      }),
    );
    expect(wrong).toEqual([]);
  });

  test("reaches its neighbours by their names, with `.ts` inside", () => {
    const wrong = sources.flatMap((path) =>
      importsOf(read(path))
        .filter((specifier) => specifier.startsWith("."))
        .flatMap((specifier) => {
          if (!/\.(ts|json)$/.test(specifier)) return `${path}: "${specifier}" has no .ts ending`;
          const target = join(dirname(path), specifier);
          return target.startsWith(`packages/${name}/`) ? [] : `${path}: "${specifier}" leaves the package`;
        }),
    );
    expect(wrong).toEqual([]);
  });
});

test.each(purePackages)("%s touches no process, file or socket", (name) => {
  const wrong = matching(new RegExp(`^packages/${name}/src/.*(?<!\\.test)\\.ts$`)).flatMap((path) =>
    importsOf(read(path))
      .filter((specifier) => worldly.test(specifier))
      .map(
        (specifier) =>
          `${path} imports ${specifier}: put a port into core/src/ports.ts, and what is behind it into gateway or runtimes`,
      ),
  );
  expect(wrong).toEqual([]);
});

test("nothing outside a runtime's folder knows its name", () => {
  const wrong = matching(/^packages\/(core|gateway|cli)\/src\/.*(?<!\.test)\.ts$/).flatMap((path) =>
    /[=!]==?\s*"(bubblewrap|unconfined)"|"(bubblewrap|unconfined)"\s*[=!]==?|case "(bubblewrap|unconfined)"/.test(
      read(path),
    )
      ? `${path} compares with a runtime's name: make the difference a capability`
      : [],
  );
  expect(wrong).toEqual([]);
});
