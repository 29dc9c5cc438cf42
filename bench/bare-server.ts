/**
 * What the file API is held against: a bare HTTP server of Node that hashes the bytes and pipes them into a Unix socket, and from one.
 * A process of its own, as the gateway is; the other end of the socket, which throws bytes away or makes them, is another one.
 */
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { connect, createServer as createSocketServer } from "node:net";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";

const [role = "", socketPath = ""] = process.argv.slice(2);

function hashing(): { readonly through: Transform; digest(): string } {
  const hash = createHash("sha256");
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  return { through, digest: () => hash.digest("hex") };
}

if (role === "end") {
  const piece = Buffer.alloc(64 * 1024, 7);
  createSocketServer({ allowHalfOpen: true }, (socket) => {
    socket.once("data", (first: Buffer) => {
      // `get N` asks for N bytes; anything else is bytes to throw away.
      const wanted = /^get (\d+)\n/.exec(first.toString("latin1", 0, 32));
      if (wanted === null) {
        socket.resume();
        socket.on("end", () => socket.end("done"));
        return;
      }
      let left = Number(wanted[1]);
      const more = () => {
        while (left > 0) {
          const part = left >= piece.length ? piece : piece.subarray(0, left);
          left -= part.length;
          if (!socket.write(part)) return;
        }
        socket.end();
      };
      socket.on("drain", more);
      more();
    });
    socket.on("error", () => socket.destroy());
  }).listen(socketPath, () => console.log("ready"));
} else {
  const server = createServer((request, response) => {
    const socket = connect({ path: socketPath, allowHalfOpen: true });
    const { through, digest } = hashing();
    const work =
      request.method === "PUT"
        ? pipeline(request, through, socket, { end: true }).then(() => response.end(digest()))
        : download(Number(request.url?.slice(1)));
    work.catch(() => response.destroy());

    async function download(bytes: number): Promise<void> {
      response.writeHead(200, { "content-length": String(bytes) });
      socket.write(`get ${bytes}\n`);
      await pipeline(socket, through, response);
    }
  });
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    console.log(typeof address === "object" ? `ready ${address?.port}` : "");
  });
}
