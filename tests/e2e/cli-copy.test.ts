/** hsrctl cp: files and folders between this machine and a sandbox. */
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";
import { hsrctl } from "../support/hsrctl.ts";

describeWith(["bubblewrap"], "hsrctl cp", () => {
  let gateway: RunningGateway;
  let dir = "";
  beforeAll(async () => {
    gateway = await startGateway();
    dir = mkdtempSync(join(tmpdir(), "hsr-cp-"));
    await call("create", "--name", "box");
  });
  afterAll(async () => {
    await gateway.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const call = (...args: string[]) => hsrctl(args, { url: gateway.url, key: gateway.key, cwd: dir });
  const done = async (...args: string[]) => {
    const result = await call(...args);
    expect(result).toMatchObject({ stderr: "", code: 0 });
    return result.stdout.toString();
  };
  const inBox = (script: string) => done("exec", "box", "--", "sh", "-c", script);

  it("says what is wrong", async () => {
    for (const [args, code, message] of [
      [["cp", "nothing", "box:"], 2, /no file nothing/],
      [["cp", "a", "b"], 2, /one of the two is in a sandbox/],
      [["cp", "box:nothing", "."], 125, /nothing at \/workspace\/nothing/],
      [["cp", "box:../etc", "."], 2, /no `\.\.`/],
      [["cp", "nobody:x", "."], 125, /no sandbox named nobody/],
    ] as const) {
      const result = await call(...args);
      expect(result.stderr).toMatch(message);
      expect(result.code).toBe(code);
    }
  });

  it("copies a file in and out, of any bytes, with its mode", async () => {
    const bytes = randomBytes(3_000_000);
    writeFileSync(join(dir, "data.bin"), bytes);
    chmodSync(join(dir, "data.bin"), 0o750);
    await done("cp", "data.bin", "box:");
    expect(await inBox("stat -c '%a %s' data.bin")).toBe("750 3000000\n");
    await done("cp", "box:data.bin", "back.bin");
    expect(readFileSync(join(dir, "back.bin")).equals(bytes)).toBe(true);
    expect(statSync(join(dir, "back.bin")).mode & 0o777).toBe(0o750);
    mkdirSync(join(dir, "into"));
    await done("cp", "box:/workspace/data.bin", "into");
    expect(readdirSync(join(dir, "into"))).toEqual(["data.bin"]);
  });

  it("copies a folder in and out, with links, names of any bytes and empty folders", async () => {
    const source = join(dir, "src");
    const long = "n".repeat(200);
    mkdirSync(join(source, "a", "empty"), { recursive: true });
    writeFileSync(join(source, "a", long), "long");
    writeFileSync(Buffer.concat([Buffer.from(`${source}/`), Buffer.from([0xff, 0x0a, 0x1b])]), "odd");
    symlinkSync("a/empty", join(source, "link"));
    await done("cp", "src", "box:/workspace/new");
    expect(await inBox(`cat new/a/${long}; readlink new/link; ls new | wc -l`)).toBe(
      "longa/empty\n4\n".replace("\n4", "\n4"),
    );
    await done("cp", "src", "box:new");
    expect(await inBox("ls new/src/a")).toContain("empty");
    await done("cp", "src/.", "box:/workspace/contents");
    expect(await inBox("ls -d contents/a")).toBe("contents/a\n");
    await done("cp", "box:contents", "out");
    expect(readFileSync(join(dir, "out", "a", long), "utf8")).toBe("long");
    expect(readlinkSync(join(dir, "out", "link"))).toBe("a/empty");
    expect(readdirSync(join(dir, "out"), { encoding: "latin1" })).toContain("\u00ff\n\u001b");
    expect(readdirSync(join(dir, "out", "a")).toSorted()).toEqual(["empty", long].toSorted());
  });

  it("makes no link of a guest that leads out, and says so without its escapes", async () => {
    await inBox(
      "mkdir -p evil && ln -s /etc/passwd \"$(printf 'evil/\\033[31mpass')\" && ln -s ../.. evil/up && echo ok > evil/fine",
    );
    const result = await call("cp", "box:evil", "evil");
    expect(result.code).toBe(1);
    expect(result.stderr).toContain("left away: \\x1b[31mpass");
    expect(readdirSync(join(dir, "evil"))).toEqual(["fine"]);
  });

  it("copies no more than the sandbox's disk, however large a file says it is", async () => {
    await inBox("mkdir -p sparse && truncate -s 60M sparse/one sparse/two");
    for (const args of [["box:sparse"], ["--limit", "1m", "box:sparse/one"]]) {
      const result = await call("cp", ...args, "sparse");
      expect(result.code).toBe(125);
      expect(result.stderr).toMatch(/--limit/);
    }
    expect(readdirSync(join(dir, "sparse")).length).toBeLessThan(2);
  });

  it("says why a sandbox does not take it", async () => {
    writeFileSync(join(dir, "large"), Buffer.alloc(70 * 1024 * 1024));
    const result = await call("cp", "large", "box:");
    expect(result.code).toBe(125);
    expect(result.stderr).toMatch(/hsrctl: .*(room|large|disk|full|bytes)/i);
  });
});
