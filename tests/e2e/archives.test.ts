/** Folders of living sandboxes as tar archives, with real tar on the other side. */
import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Unpacked } from "@hsr/contract";
import { paxRecord, tar, tarPart } from "@hsr/gateway/archive-testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeSandbox, type SandboxInTest } from "../support/files.ts";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";

describeWith(["bubblewrap"], "archives of living sandboxes", () => {
  let gateway: RunningGateway;
  let box: SandboxInTest;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "hsr-archive-"));
    gateway = await startGateway();
    box = await makeSandbox(gateway);
  });
  afterAll(async () => {
    await box.remove();
    await gateway.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const put = async (path: string, archive: Buffer) => {
    const response = await box.fetch("/archive", { path }, { method: "PUT", body: archive as Uint8Array<ArrayBuffer> });
    return {
      status: response.status,
      body: (await response.json()) as Unpacked & { error: { code: string; message: string } },
    };
  };

  it.each([["gnu"], ["pax"], ["ustar"]])("go in as tar's %s form and come out as they were", async (format) => {
    const from = join(folder, `from-${format}`);
    const name = "n".repeat(90);
    mkdirSync(join(from, "a", name, name), { recursive: true });
    const content = randomBytes(300_000);
    writeFileSync(join(from, "a", name, name, "deep"), content);
    writeFileSync(join(from, "run.sh"), "echo ran", { mode: 0o755 });
    writeFileSync(join(from, "empty"), "");
    symlinkSync("../run.sh", join(from, "a", "link"));
    mkdirSync(join(from, "sealed"), { mode: 0o500 });
    const archive = execFileSync("tar", ["-C", from, `--format=${format}`, "-cf", "-", "."]);
    const answer = await put(`in/${format}`, archive);
    expect(answer.body).toEqual({
      path: `/workspace/in/${format}`,
      files: 3,
      folders: 4,
      links: 1,
      bytes: content.length + 8,
    });
    expect(await box.sh(`cd in/${format}; stat -c '%a %F' sealed; sh a/link; readlink a/link; ls -A`)).toBe(
      "500 directory\nran\n../run.sh\na\nempty\nrun.sh\nsealed\n",
    );
    const response = await box.fetch("/archive", { path: `in/${format}` });
    expect(response.headers.get("content-type")).toBe("application/x-tar");
    const to = join(folder, `to-${format}`);
    mkdirSync(to);
    const unpacked = spawnSync("tar", ["-C", to, "-xf", "-"], { input: Buffer.from(await response.arrayBuffer()) });
    expect([unpacked.status, String(unpacked.stderr)]).toEqual([0, ""]);
    expect(readFileSync(join(to, "a", name, name, "deep")).equals(content)).toBe(true);
    expect(readlinkSync(join(to, "a", "link"))).toBe("../run.sh");
    expect(statSync(join(to, "run.sh")).mode & 0o777).toBe(0o755);
  });

  it("compressed ones, joined with what is there", async () => {
    await box.sh("mkdir -p joined/a; echo old > joined/a/kept; echo old > joined/a/replaced");
    const from = join(folder, "joined");
    mkdirSync(join(from, "a", "b"), { recursive: true });
    writeFileSync(join(from, "a", "replaced"), "new\n");
    writeFileSync(join(from, "a", "b", "added"), "new\n");
    const answer = await put("joined", execFileSync("tar", ["-C", from, "-czf", "-", "."]));
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(await box.sh("cd joined; cat a/kept a/replaced a/b/added; ls -A . a")).toBe(
      "old\nnew\nnew\n.:\na\n\na:\nb\nkept\nreplaced\n",
    );
  });

  describe("refused, with nothing left behind", () => {
    it.each<[string, Buffer, string]>([
      [
        "a path with dots, after a good file",
        tar({ name: "good", content: "x" }, { name: "../bad" }),
        "invalid_archive",
      ],
      ["one that breaks off", tarPart({ name: "good", content: "x" }), "invalid_archive"],
      [
        "a file through a link",
        tar({ name: "l", type: "2", target: "/tmp" }, { name: "l/x", content: "x" }),
        "invalid_archive",
      ],
      [
        "a link over a folder",
        tar({ name: "d/", type: "5" }, { name: "d", type: "2", target: "/" }),
        "invalid_archive",
      ],
      [
        "a link, then a file of its name",
        tar({ name: "l", type: "2", target: "/tmp/x" }, { name: "l" }),
        "invalid_archive",
      ],
      ["the same file twice", tar({ name: "f" }, { name: "f" }), "invalid_archive"],
      ["a file below a file", tar({ name: "f" }, { name: "f/g" }), "invalid_archive"],
      ["a hard link", tar({ name: "h", type: "1", target: "../../etc/passwd" }), "invalid_archive"],
      ["a size beyond the disk", tarPart({ name: "big", size: 0o77777777777 }), "body_too_large"],
      [
        "a pax path that is absolute",
        tar({ name: "x", type: "x", content: paxRecord("path", "/tmp/p") }, { name: "p" }),
        "invalid_archive",
      ],
    ])("%s", async (_what, archive, code) => {
      await box.sh("rm -rf refused");
      const answer = await put("refused", archive);
      expect(answer.body.error?.code, JSON.stringify(answer.body)).toBe(code);
      expect(await box.sh("ls -A refused 2>/dev/null; ls -A /tmp; ls -A . | grep hsr- || true")).toBe("");
    });

    it("more entries than inodes", async () => {
      const many = Array.from({ length: 5000 }, (_, i) => tarPart({ name: `f${i}` }));
      const answer = await put("refused", tar(...many));
      expect(answer.body.error?.code).toBe("sandbox_full");
      expect(await box.sh("ls -A . | grep -e hsr- -e refused || true")).toBe("");
    });
  });

  it("says what is in its place when something of another kind stands in the way", async () => {
    await box.sh("mkdir -p way/b/full; touch way/b/full/x");
    const answer = await put("way", tar({ name: "a", content: "1" }, { name: "b", content: "2" }));
    expect(answer.body.error).toMatchObject({ code: "file_failed", details: { applied: 1 } });
    expect(await box.sh("ls -A way")).toBe("a\nb\n");
  });

  it("leave out what cannot be read, and say how much", async () => {
    await box.sh("mkdir -p odd; mkfifo odd/fifo; echo x > odd/file; echo y > odd/secret; chmod 0 odd/secret");
    const listed = execFileSync("tar", ["-tf", "-"], {
      input: Buffer.from(await (await box.fetch("/archive", { path: "odd" })).arrayBuffer()),
    });
    expect(String(listed)).toBe("file\n");
    expect((await box.json("GET", "/archive", { path: "nowhere" })).body.error.code).toBe("file_not_found");
    expect((await box.json("GET", "/archive", { path: "odd/file" })).body.error.code).toBe("file_kind");
  });
});
