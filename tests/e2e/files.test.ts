/** Files of living sandboxes over REST. */
import { createHash, randomBytes } from "node:crypto";
import { connect } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { FileList } from "@hsr/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FileAnswer, makeSandbox, type SandboxInTest } from "../support/files.ts";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";

describeWith(["bubblewrap"], "files of living sandboxes", () => {
  let gateway: RunningGateway;
  let box: SandboxInTest;
  beforeAll(async () => {
    gateway = await startGateway();
    box = await makeSandbox(gateway, { memory_limit: 256 * 1024 * 1024, disk_limit_bytes: 64 * 1024 * 1024 });
  });
  afterAll(async () => {
    await box.remove();
    await gateway.stop();
  });

  describe("written and read", () => {
    it("come back as they went in, with their digest", async () => {
      const content = randomBytes(3 * 1024 * 1024 + 17);
      const written = await box.write("/workspace/deep/er/file.bin", content, { mode: "0750" });
      const sha256 = createHash("sha256").update(content).digest("hex");
      expect(written.body).toEqual({ path: "/workspace/deep/er/file.bin", bytes: content.length, sha256 });
      expect(await box.sh("sha256sum deep/er/file.bin; stat -c '%a %U' deep/er/file.bin")).toBe(
        `${sha256}  deep/er/file.bin\n750 user\n`,
      );
      expect((await box.read("deep/er/file.bin")).equals(content)).toBe(true);
    });

    it("an empty one, and one without a length", async () => {
      expect((await box.write("empty", "")).body.bytes).toBe(0);
      expect((await box.read("empty")).length).toBe(0);
      const pieces = new ReadableStream<Uint8Array>({
        start(controller) {
          for (const text of ["one ", "two ", "three"]) controller.enqueue(Buffer.from(text));
          controller.close();
        },
      });
      const init = { method: "PUT", body: pieces, duplex: "half" } as RequestInit;
      expect((await box.fetch("", { path: "pieces" }, init)).status).toBe(200);
      expect(String(await box.read("pieces"))).toBe("one two three");
    });

    it("in ranges", async () => {
      await box.write("letters", "abcdefghij");
      const range = async (value: string) => {
        const response = await box.fetch("", { path: "letters" }, { headers: { range: value } });
        return [response.status, response.headers.get("content-range"), await response.text()];
      };
      expect(await range("bytes=2-4")).toEqual([206, "bytes 2-4/10", "cde"]);
      expect(await range("bytes=7-")).toEqual([206, "bytes 7-9/10", "hij"]);
      expect(await range("bytes=-3")).toEqual([206, "bytes 7-9/10", "hij"]);
      expect(await range("bytes=8-99999")).toEqual([206, "bytes 8-9/10", "ij"]);
      expect(await range("bytes=0-1,4-5")).toEqual([200, null, "abcdefghij"]);
      expect(await range("lines=1-2")).toEqual([200, null, "abcdefghij"]);
      const [status, where, text] = await range("bytes=10-");
      expect([status, where]).toEqual([416, "bytes */10"]);
      expect(JSON.parse(String(text)).error).toMatchObject({ code: "range_not_satisfiable", details: { bytes: 10 } });
    });

    it("with a head alone, and not again when they have not changed", async () => {
      await box.write("versioned", "first");
      const head = await box.fetch("", { path: "versioned" }, { method: "HEAD" });
      expect([head.status, head.headers.get("content-length")]).toEqual([200, "5"]);
      const etag = head.headers.get("etag") ?? "";
      const again = await box.fetch("", { path: "versioned" }, { headers: { "if-none-match": etag } });
      expect(again.status).toBe(304);
      await box.write("versioned", "second");
      const changed = await box.fetch("", { path: "versioned" }, { headers: { "if-none-match": etag } });
      expect([changed.status, await changed.text()]).toEqual([200, "second"]);
      expect((await box.fetch("", { path: "nothing" }, { method: "HEAD" })).status).toBe(404);
    });

    it("by the bytes of their names where these are not text", async () => {
      const name = Buffer.from([0x2f, 0x74, 0x6d, 0x70, 0x2f, 0xff, 0xfe, 0x0a, 0x5c]);
      const base64 = name.toString("base64");
      const written = await box.fetch("", { path_base64: base64 }, { method: "PUT", body: "odd" });
      expect(await written.json()).toMatchObject({ path: null, path_base64: base64 });
      const listed = await box.json("GET", "/list", { path: "/tmp" });
      expect(listed.body.items).toContainEqual(expect.objectContaining({ path: null, path_base64: base64 }));
      expect(await (await box.fetch("", { path_base64: base64 })).text()).toBe("odd");
      const removed = await box.fetch("", { path_base64: base64 }, { method: "DELETE" });
      expect(removed.status).toBe(204);
    });
  });

  describe("refused", () => {
    it.each([
      ["dots", "/workspace/../etc/passwd"],
      ["an empty part", "a//b"],
      ["a dot", "./a"],
      ["a slash at its end", "a/"],
      ["a backslash", "a\\b"],
      ["a line's end", "a\nb"],
      ["a NUL", "a\0b"],
      ["a long part", `/${"x".repeat(256)}`],
      ["more than the kernel takes", `${"y/".repeat(2100)}y`],
    ])("a path with %s, before the sandbox sees it", async (_what, path) => {
      const answer = await box.json("GET", "/stat", { path });
      expect(answer.body.error.code).toMatch(/invalid_(path|request)/);
      expect(answer.status).toBe(400);
    });

    it("what is no UTF-8 in the address, no path, and two paths", async () => {
      for (const query of ["path=%ff", "path=%c0%af", "path=%", "", "path=a&path_base64=YQ", "path=a&path=b"]) {
        const response = await fetch(`${box.at("/stat")}?${query}`, {
          headers: { authorization: `Bearer ${gateway.key}` },
        });
        expect(response.status, query).toBe(400);
      }
    });

    it("what the guest's user may not touch", async () => {
      const code = async (answer: Promise<{ body: { error?: { code: string } } }>) => (await answer).body.error?.code;
      expect(await code(box.write("/usr/bin/planted", "x"))).toBe("file_access_denied");
      expect(await code(box.write("/etc/passwd", "x"))).toBe("file_access_denied");
      expect(await code(box.write("/proc/sys/kernel/core_pattern", "x"))).toMatch(/file_(access_denied|not_found)/);
      expect(await code(box.json("GET", "", { path: "/proc/self/environ" }))).toBe("file_access_denied");
      expect(await code(box.json("GET", "", { path: "/etc/shadow" }))).toBe("file_not_found");
      expect(await code(box.json("DELETE", "", { path: "/workspace", recursive: "true" }))).toMatch(
        /file_(busy|access_denied)/,
      );
    });

    it("what is of another kind", async () => {
      await box.sh(
        "mkdir -p folder/inner; mkfifo fifo; ln -sf /nowhere dangling; ln -sfn loop2 loop1; ln -sfn loop1 loop2",
      );
      const code = async (method: string, rest: string, query: Record<string, string>, body?: unknown) =>
        (await box.json(method, rest, query, body)).body.error?.code;
      expect(await code("GET", "", { path: "folder" })).toBe("file_kind");
      expect(await code("GET", "", { path: "fifo" })).toBe("file_kind");
      expect(await code("GET", "", { path: "/dev/null" })).toBe("file_kind");
      expect(await code("GET", "", { path: "dangling" })).toBe("file_not_found");
      expect(await code("GET", "", { path: "loop1" })).toBe("invalid_path");
      expect(await code("GET", "/list", { path: "fifo" })).toBe("file_kind");
      expect(await code("DELETE", "", { path: "folder" })).toBe("folder_not_empty");
      expect((await box.write("folder", "x")).body.error.code).toBe("file_kind");
      expect((await box.write("fifo/x", "x")).body.error.code).toBe("file_kind");
      expect(await code("POST", "/mkdir", {}, { path: "folder", parents: false })).toBe("file_exists");
      expect(await code("POST", "/move", {}, { path: "folder", to: "/tmp/folder" })).toBe("unsupported");
      await box.sh("rm fifo loop1 loop2");
    });

    it("more than the disk, early where its length is said, and leaves nothing", async () => {
      const small = await makeSandbox(gateway, { disk_limit_bytes: 1024 * 1024 });
      const early = await small.write("big", Buffer.alloc(1024 * 1024 + 1));
      expect([early.status, early.body.error.code]).toEqual([413, "body_too_large"]);
      let left = 64;
      const late = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (left-- > 0) controller.enqueue(new Uint8Array(64 * 1024));
          else controller.close();
        },
      });
      const init = { method: "PUT", body: late, duplex: "half" } as RequestInit;
      const response = await small.fetch("", { path: "big" }, init);
      expect(await response.json()).toMatchObject({
        error: { code: expect.stringMatching(/body_too_large|sandbox_full/) },
      });
      await small.write("half", Buffer.alloc(600 * 1024));
      const full = await small.write("other", Buffer.alloc(600 * 1024));
      expect([full.status, full.body.error.code]).toEqual([507, "sandbox_full"]);
      expect(await small.sh("ls -A /workspace")).toBe("half\n");
      await small.remove();
    });
  });

  it("a sender that vanishes leaves nothing", async () => {
    const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1");
    const { pathname, search } = new URL(box.at("", { path: "/workspace/vanished/file" }));
    socket.write(
      `PUT ${pathname}${search} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${gateway.key}\r\ncontent-length: 9000000\r\n\r\n`,
    );
    socket.write(Buffer.alloc(2_000_000));
    const temporary = () => box.sh("ls -A vanished 2>/dev/null || true");
    await expect.poll(temporary).toMatch(/\.hsr-/);
    socket.destroy();
    await expect.poll(temporary).toBe("");
  });

  it("folders are listed page by page and deep, without following links", async () => {
    await box.sh(
      "mkdir -p tree/a/b; for i in 1 2 3 4 5; do echo $i > tree/f$i; done; ln -s / tree/root; echo x > tree/a/b/c",
    );
    const names: (string | null)[] = [];
    let cursor: string | null = null;
    do {
      const page: FileAnswer<FileList> = await box.json("GET", "/list", {
        path: "tree",
        depth: "3",
        limit: "4",
        ...(cursor === null ? {} : { cursor }),
      });
      expect(page.status, JSON.stringify(page.body)).toBe(200);
      names.push(...page.body.items.map(({ path }) => path));
      cursor = page.body.next_cursor;
    } while (cursor !== null);
    const below = ["a", "a/b", "a/b/c", "f1", "f2", "f3", "f4", "f5", "root"];
    expect(names.toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual(
      below.map((name) => `/workspace/tree/${name}`),
    );
    const link = await box.json("GET", "/stat", { path: "tree/root" });
    expect(link.body).toMatchObject({ kind: "link", target: "/" });
    const root = await box.json("GET", "/list", { path: "/" });
    expect(root.body.items).toContainEqual(expect.objectContaining({ path: "/workspace", kind: "folder" }));
  });

  it("are made, moved, changed and removed", async () => {
    const made = await box.json("POST", "/mkdir", {}, { path: "new/folder", mode: 0o700 });
    expect(made.body).toMatchObject({ path: "/workspace/new/folder", kind: "folder", mode: 0o700, uid: 1000 });
    await box.write("new/folder/file", "content");
    const moved = await box.json("POST", "/move", {}, { path: "new/folder", to: "new/moved" });
    expect(moved.body).toMatchObject({ path: "/workspace/new/moved", kind: "folder" });
    const changed = await box.json("POST", "/chmod", {}, { path: "new/moved/file", mode: 0o400 });
    expect(changed.body.mode).toBe(0o400);
    const setId = await box.json("POST", "/chmod", {}, { path: "new/moved/file", mode: 0o4755 });
    expect(setId.body.error.code).toBe("invalid_request");
    expect((await box.fetch("", { path: "new", recursive: "true" }, { method: "DELETE" })).status).toBe(204);
    expect((await box.json("GET", "/stat", { path: "new" })).body.error.code).toBe("file_not_found");
  });

  it("of a sandbox that has ended, or of another tenant, are not there", async () => {
    const short = await makeSandbox(gateway);
    await short.write("file", "x");
    const key = await gateway.call<{ key: string }>("POST", "/v1/keys", {
      name: "other",
      scopes: ["files"],
      tenant: "other",
    });
    const foreign = await fetch(short.at("", { path: "file" }), {
      headers: { authorization: `Bearer ${key.body.key}` },
    });
    expect(foreign.status).toBe(404);
    await short.remove();
    const late = await short.json("GET", "/stat", { path: "file" });
    expect(late.body.error.code).toBe("sandbox_not_running");
  });

  it("leave their digests, which follow moves and end with the sandbox", async () => {
    const own = await makeSandbox(gateway);
    await own.write("judged/first.py", "print(1)");
    await own.write("judged/second.py", "print(2)");
    await own.json("POST", "/move", {}, { path: "judged", to: "moved" });
    await own.fetch("", { path: "moved/second.py" }, { method: "DELETE" });
    const kept = () => {
      using database = new DatabaseSync(join(gateway.dataDir, "hsr.sqlite"), { readOnly: true });
      const rows = database.prepare("SELECT path, sha256 FROM received_file WHERE sandbox_id = ?").all(own.id);
      return rows.map((row) =>
        [Buffer.from(row["path"] as Uint8Array), Buffer.from(row["sha256"] as Uint8Array)].map(String),
      );
    };
    expect(kept()).toEqual([["/workspace/moved/first.py", String(createHash("sha256").update("print(1)").digest())]]);
    await own.remove();
    expect(kept()).toEqual([]);
  });
});
