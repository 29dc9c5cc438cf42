/** `@hsr/sdk` in a real browser: what npm would publish, loaded by a page of another origin than the gateway's. */
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, normalize } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { stageSdk } from "../../scripts/stage-sdk.ts";
import { chromiumPath } from "../support/features.ts";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";

/** What a page does, as the text of a module's function: it runs in the browser, not here. */
type Script = string;

describeWith(["bubblewrap", "chromium"], "the TypeScript client in Chromium", () => {
  let gateway: RunningGateway;
  let browser: Browser;
  let page: Page;
  let folder: string;
  const pages = createServer((request, response) => {
    const path = normalize(request.url ?? "/");
    if (path.startsWith("/dist/") && path.endsWith(".js"))
      response.writeHead(200, { "content-type": "text/javascript" }).end(readFileSync(join(folder, path)));
    else response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>HSR</title>");
  });
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "hsr-browser-"));
    stageSdk(folder);
    pages.listen(0, "127.0.0.1");
    await once(pages, "listening");
    const origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
    gateway = await startGateway({ env: { HSR_SERVER_ALLOWED_ORIGINS: origin } });
    // Chromium's own sandbox needs more than a container gives to root; what it loads here is ours.
    browser = await chromium.launch({ executablePath: chromiumPath, args: ["--no-sandbox"] });
    page = await browser.newPage();
    await page.goto(`${origin}/`);
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.stop();
    pages.closeAllConnections();
    pages.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs a script in the page, with a client as `hsr`. */
  const inPage = (script: Script, url = gateway.url) =>
    page.evaluate(
      `(async () => {
        const { Hsr, HsrApiError, HsrConnectionError } = await import("/dist/index.js");
        const hsr = new Hsr({ url: ${JSON.stringify(url)}, key: ${JSON.stringify(gateway.key)}, retries: 0 });
        ${script}
      })()`,
    );

  it("a page whose origin is not allowed gets nothing", async () => {
    const other = await startGateway();
    try {
      const refused = inPage(
        `return await hsr.run({ argv: ["true"] }).catch((error) => error instanceof HsrConnectionError);`,
        other.url,
      );
      expect(await refused).toBe(true);
      expect(other.log()).not.toContain('"method":"POST"');
    } finally {
      await other.stop();
    }
  });

  it("a run is awaited, and one that is refused has its error", async () => {
    const run = await inPage(`
      const { stdout, exitCode } = await hsr.run({ language: "python", code: "print(6 * 7)" });
      const refused = await hsr.run({ argv: ["/none"] }).catch((error) => error instanceof HsrApiError && error.code);
      return { stdout, exitCode, refused };`);
    expect(run).toEqual({ stdout: "42\n", exitCode: 0, refused: "program_not_found" });
  });

  it("output comes while the program runs", async () => {
    const streamed = await inPage(`
      await using sandbox = await hsr.sandboxes.create();
      const texts = [];
      for await (const { text } of hsr.run({ argv: ["sh", "-c", "echo one; echo two >&2"] }).output) texts.push(text);
      // What is written next depends on what was read.
      const program = await sandbox.start({ argv: ["cat"], openStdin: true });
      await program.write("ping\\n");
      const heard = [];
      for await (const { text } of program.output()) {
        heard.push(text);
        if (heard.length === 1) await program.write("pong\\n", { end: true });
      }
      return { texts: texts.sort(), heard };`);
    expect(streamed).toEqual({ texts: ["one\n", "two\n"], heard: ["ping\n", "pong\n"] });
  });

  it("files go in as bytes, blobs and streams, and come out", async () => {
    const files = await inPage(`
      await using sandbox = await hsr.sandboxes.create();
      const bytes = crypto.getRandomValues(new Uint8Array(60000));
      await sandbox.files.write("bytes", bytes);
      await sandbox.files.write("copy", await sandbox.files.stream("bytes"));
      await sandbox.files.write("blob", new Blob(["ö"]));
      const back = await sandbox.files.read("copy");
      const part = await sandbox.files.read("copy", { start: 10, length: 5 });
      return {
        same: back.length === bytes.length && back.every((byte, at) => byte === bytes[at]),
        part: part.every((byte, at) => byte === bytes[at + 10]),
        text: await sandbox.files.readText("blob"),
        archive: (await new Response(await sandbox.files.pack("/workspace")).arrayBuffer()).byteLength > 120000,
      };`);
    expect(files).toEqual({ same: true, part: true, text: "ö", archive: true });
  });

  it("a terminal is typed into, and tells its end", async () => {
    const terminal = await inPage(`
      await using sandbox = await hsr.sandboxes.create({ allow: ["opaque"] });
      const terminal = await sandbox.terminal({ argv: ["bash", "--norc", "-i"], rows: 30, cols: 100 });
      terminal.write("stty size; exit 3\\r");
      let text = "";
      for await (const bytes of terminal.output) text += new TextDecoder().decode(bytes);
      const { exitCode } = await terminal.exit;
      return { size: text.includes("30 100"), exitCode };`);
    expect(terminal).toEqual({ size: true, exitCode: 3 });
  });
});
