/** `@hsr/sdk` in Node: files, terminals, events, figures, ports and webhooks of living sandboxes. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { type api, Hsr, HsrConnectionError, HsrSignatureError, type Sandbox, verifyWebhook } from "@hsr/sdk";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";

/** Reads a terminal until the text matches. */
async function shows(output: AsyncIterable<Uint8Array>, expected: RegExp): Promise<string> {
  let text = "";
  for await (const bytes of output) {
    text += Buffer.from(bytes).toString("latin1");
    if (expected.test(text)) return text;
  }
  throw new Error(`it ended with ${JSON.stringify(text.slice(-400))}`);
}

describeWith(["bubblewrap"], "the TypeScript client in living sandboxes", () => {
  let gateway: RunningGateway;
  let hsr: Hsr;
  let sandbox: Sandbox;
  const deliveries: { headers: Record<string, string | string[] | undefined>; body: string }[] = [];
  const receiver = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.once("end", () => {
      deliveries.push({ headers: request.headers, body });
      response.writeHead(204).end();
    });
  });
  let receiverHost: string;
  beforeAll(async () => {
    receiver.listen(0, "127.0.0.1");
    await once(receiver, "listening");
    receiverHost = `127.0.0.1:${(receiver.address() as AddressInfo).port}`;
    gateway = await startGateway({ env: { HSR_WEBHOOKS_ALLOWED_HOSTS: receiverHost } });
    const before = gateway.url;
    const moved = (url: string | URL | Request) => String(url).replace(before, gateway.url);
    hsr = new Hsr({
      url: before,
      key: gateway.key,
      fetch: (url, init) => fetch(moved(url), init),
      WebSocket: class extends WebSocket {
        constructor(url: string, protocols: string[]) {
          super(url.replace(before.replace("http", "ws"), gateway.url.replace("http", "ws")), protocols);
        }
      },
    });
    sandbox = await hsr.sandboxes.create({ allow: ["opaque"] });
  });
  afterAll(async () => {
    await gateway.stop();
    receiver.closeAllConnections();
    receiver.close();
  });

  it("files go in and out as text, bytes, blobs and streams, whole or in part", async () => {
    const bytes = randomBytes(300_000);
    const written = await sandbox.files.write("in/bytes", new Uint8Array(bytes), { mode: 0o600 });
    expect(written).toMatchObject({ path: "/workspace/in/bytes", bytes: 300_000 });
    expect(Buffer.from(await sandbox.files.read("in/bytes")).equals(bytes)).toBe(true);
    expect(Buffer.from(await sandbox.files.read("in/bytes", { start: 5, length: 7 }))).toEqual(bytes.subarray(5, 12));
    expect((await sandbox.files.stat("in/bytes")).mode).toBe(0o600);
    await sandbox.files.write("in/copy", await sandbox.files.stream("in/bytes"));
    expect((await sandbox.files.stat("in/copy")).bytes).toBe(300_000);
    await sandbox.files.write("in/blob", new Blob(["ö"]));
    expect(await sandbox.files.readText("in/blob")).toBe("ö");
    await sandbox.files.move("in/blob", "in/moved");
    await sandbox.files.changeMode("in/moved", 0o644);
    await sandbox.files.makeFolder("in/folder");
    const raw = Uint8Array.from([0x72, 0xff]);
    await sandbox.files.write(raw, "a name that is no text");
    expect(await sandbox.files.readText(raw)).toBe("a name that is no text");
    const names: (string | null)[] = [];
    for await (const entry of sandbox.files.list("in", { limit: 2 })) names.push(entry.path);
    expect(new Set(names)).toEqual(
      new Set(["bytes", "copy", "folder", "moved"].map((name) => `/workspace/in/${name}`)),
    );
    await sandbox.files.remove("in", { recursive: true });
    const gone = await sandbox.files.read("in/bytes").catch((error: unknown) => error);
    expect(gone).toMatchObject({ code: "file_not_found", class: "not_found" });
  });

  it("a folder comes out as an archive and goes in again", async () => {
    await sandbox.files.write("tree/a/b", "deep");
    const archive = await new Response(await sandbox.files.pack("tree")).blob();
    expect(await sandbox.files.unpack("again", archive)).toMatchObject({ files: 1, bytes: 4 });
    expect(await sandbox.files.readText("again/a/b")).toBe("deep");
    await expect(sandbox.files.unpack("bad", "no archive")).rejects.toMatchObject({ code: "invalid_archive" });
  });

  it("a terminal is typed into, has a size, and tells its end", async () => {
    const terminal = await sandbox.terminal({ argv: ["bash", "--norc", "-i"], rows: 30, cols: 100 });
    const { output } = terminal;
    terminal.write("stty size\r");
    await shows(output, /30 100/);
    terminal.resize(31, 101);
    terminal.write("stty size; exit 7\r");
    const rest = shows(output, /31 101/);
    await rest;
    expect(await terminal.exit).toMatchObject({ reason: "exited", exitCode: 7 });
    expect(terminal.mode).toBe("write");
  });

  it("a terminal has one writer, viewers, and a reason when it cannot be had", async () => {
    const shell = await sandbox.terminal({ argv: ["cat"] });
    const execution = await sandbox.execution(shell.executionId);
    const viewer = await execution.terminal({ mode: "view" });
    expect(viewer.mode).toBe("view");
    shell.write("seen\r");
    await shows(viewer.output, /seen\r\nseen/);
    const taker = await execution.terminal({ take: true });
    expect(taker.mode).toBe("write");
    const closed = await hsr.sandboxes.create();
    await expect(closed.terminal()).rejects.toMatchObject({ code: "opaque_not_allowed" });
    await closed.delete();
    await expect(execution.terminal()).rejects.toBeInstanceOf(HsrConnectionError);
    await execution.cancel();
    expect(await taker.exit).toMatchObject({ reason: "cancelled" });
    for (const one of [shell, viewer, taker]) one.close();
  });

  it("events come as they happen, and after one that was seen", async () => {
    const stop = new AbortController();
    const seen: api.Event[] = [];
    const watching = (async () => {
      for await (const event of sandbox.events({ signal: stop.signal })) {
        seen.push(event);
        if (event.type === "execution.finished") return;
      }
    })();
    // The stream begins "now", which is when the gateway has it: until then a program may be missed.
    while (seen.length === 0) {
      const program = await sandbox.start({ argv: ["true"] });
      await program.wait();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await watching;
    expect(seen.map((event) => event.type)).toContain("execution.started");
    const [first] = seen;
    for await (const event of hsr.events({ after: first!.id, signal: stop.signal })) {
      expect(event.seq).toBeGreaterThan(first!.seq);
      break;
    }
  });

  it("figures come once, and again and again", async () => {
    expect((await sandbox.metrics()).memoryLimit).toBeGreaterThan(0);
    let count = 0;
    for await (const figures of sandbox.watchMetrics({ intervalMs: 200 })) {
      expect(figures.pidsLimit).toBeGreaterThan(0);
      count += 1;
      if (count === 2) break;
    }
  });

  it("a port is reached with its token", async () => {
    await sandbox.start({ argv: ["python3", "-m", "http.server", "8000", "--directory", "/tmp"] });
    await sandbox.files.write("/tmp/hello.txt", "from inside");
    const { url, token } = await sandbox.openPort(8000);
    const { host } = new URL(url);
    // Not every resolver knows the names below localhost, so the name goes as a header.
    const get = async (): Promise<string> => {
      const headers = { host, "hsr-port-token": token };
      const [, port] = host.split(":");
      const [response] = (await once(request({ port, path: "/hello.txt", headers }).end(), "response")) as [
        IncomingMessage,
      ];
      return Buffer.concat(await response.toArray()).toString();
    };
    await expect.poll(get, { timeout: 5000 }).toBe("from inside");
  });

  it("a webhook's deliveries are known by its secret, and nothing else is", async () => {
    const { secret } = await hsr.call("createWebhook", {
      body: { url: `http://${receiverHost}/hook`, types: ["execution.finished"] },
    });
    await sandbox.exec({ argv: ["true"] });
    await expect.poll(() => deliveries.length, { timeout: 5000 }).toBeGreaterThan(0);
    const [{ headers, body } = { headers: {}, body: "" }] = deliveries;
    const event = await verifyWebhook({ secret, headers, body });
    expect(event).toMatchObject({ type: "execution.finished" });
    expect(event.requestId).toMatch(/^req-/);
    const refused = [
      { secret: `whsec_${Buffer.alloc(32).toString("base64")}`, headers, body },
      { secret, headers, body: `${body} ` },
      { secret, headers: { ...headers, "webhook-timestamp": "1" }, body },
      { secret, headers: {}, body },
    ];
    for (const delivery of refused) await expect(verifyWebhook(delivery)).rejects.toBeInstanceOf(HsrSignatureError);
  });

  it("a terminal goes on at the next gateway when its own dies", async () => {
    const count = "i=0; while [ $i -lt 60 ]; do echo $i; i=$((i+1)); sleep 0.05; done";
    const terminal = await sandbox.terminal({ argv: ["sh", "-c", count] });
    let text = "";
    let restarts = 0;
    for await (const bytes of terminal.output) {
      text += Buffer.from(bytes).toString();
      if (text.includes("4\r\n") && restarts++ === 0) await gateway.restart();
    }
    expect(text).toBe(Array.from({ length: 60 }, (_, i) => `${i}\r\n`).join(""));
    expect(await terminal.exit).toMatchObject({ exitCode: 0 });
  });
});
