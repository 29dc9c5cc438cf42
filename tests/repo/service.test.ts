import { join } from "node:path";
import { readEnvironment } from "@hsr/cli";
import { expect, test } from "vitest";
import { digests } from "../../scripts/service/app.ts";
import { delegation, listenAddress } from "../../scripts/service/launch.ts";
import { placesOf } from "../../scripts/service/places.ts";

const user = { HOME: "/home/a", XDG_RUNTIME_DIR: "/run/user/1000" };

test("a user's own systemd is only asked where it can delegate control groups", () => {
  const host = ["/sys/fs/cgroup/cgroup.controllers", "/run/user/1000/systemd/private", "/usr/bin/systemd-run"];
  const with_ = (paths: readonly string[]) => (path: string) => paths.includes(path);
  expect(delegation(user, 1000, with_(host))).toContain("Delegate=memory pids cpu");
  expect(delegation(user, 0, with_(host))).toEqual([]);
  expect(delegation({}, 1000, with_(host))).toEqual([]);
  for (const absent of host) expect(delegation(user, 1000, with_(host.filter((path) => path !== absent)))).toEqual([]);
});

test("an address that hsrctl could not find is refused", () => {
  expect(listenAddress({}).text).toBe("127.0.0.1:3000");
  expect(listenAddress({ HSR_LISTEN: "[::1]:4000" })).toMatchObject({ host: "::1", port: 4000 });
  expect(() => listenAddress({ HSR_LISTEN: "4000" })).toThrow(/wants HOST:PORT/);
  expect(() => listenAddress({ HSR_LISTEN: "127.0.0.1:0" })).toThrow(/port other than 0/);
});

test.each([
  ["with a runtime folder", user],
  ["without one", { HOME: "/home/a" }],
  ["with a state folder", { HOME: "/home/a", XDG_STATE_HOME: "/s" }],
])("hsrctl looks where `make up` writes: %s", (_, env) => {
  const written = placesOf(env, 1000).endpointFile;
  expect(readEnvironment(env).endpointDirs.map((dir) => join(dir, "endpoint.json"))).toContain(written);
  expect(readEnvironment(env).endpointDirs).toContain("/run/hsr");
});

test("the digests name the code, and stay the same while it does", () => {
  expect(digests()).toEqual(digests());
  expect(digests().gateway).toMatch(/^[0-9a-f]{16}$/);
  expect(digests().gateway).not.toBe(digests().launcher);
});
