/** What people run must work behind all walls: a wall that breaks ordinary programs would be taken down. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Agent, Guest } from "@hsr/core";
import { BubblewrapRuntime, openAgent } from "@hsr/runtimes";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, needs } from "../support/host.ts";
import { launchSpec } from "../support/launch-spec.ts";
import { type RunningLauncher, startLauncher } from "../support/launcher.ts";
import { run } from "../support/run-in-guest.ts";

const python: Readonly<Record<string, string>> = {
  "threads and locks": `
import threading
done = []
threads = [threading.Thread(target=done.append, args=(i,)) for i in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]
assert sorted(done) == list(range(8))`,
  "a pool of processes, by fork and by spawn": `
import multiprocessing
if __name__ == "__main__":
    for way in ("fork", "spawn"):
        with multiprocessing.get_context(way).Pool(2) as pool: assert pool.map(abs, [-1, 2]) == [1, 2]`,
  "shared memory and queues between processes": `
import multiprocessing
from multiprocessing import shared_memory
block = shared_memory.SharedMemory(create=True, size=4096)
queue = multiprocessing.Queue()
def work(name, queue):
    other = shared_memory.SharedMemory(name); other.buf[0] = 7; other.close(); queue.put("done")
child = multiprocessing.Process(target=work, args=(block.name, queue)); child.start()
assert queue.get() == "done"; child.join(); assert block.buf[0] == 7
block.close(); block.unlink()`,
  "subprocesses with pipes and timeouts": `
import subprocess
assert subprocess.run(["tr", "a-z", "A-Z"], input="hi", capture_output=True, text=True).stdout == "HI"
try: subprocess.run(["sleep", "5"], timeout=0.1)
except subprocess.TimeoutExpired: pass
else: raise AssertionError
assert subprocess.Popen(["true"], start_new_session=True).wait() == 0`,
  "asyncio servers, clients and children": `
import asyncio
async def main():
    async def answer(reader, writer): writer.write(await reader.readline()); await writer.drain(); writer.close()
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"hello\\n"); assert await reader.readline() == b"hello\\n"
    child = await asyncio.create_subprocess_exec("echo", "x", stdout=asyncio.subprocess.PIPE)
    assert (await child.communicate())[0] == b"x\\n"
asyncio.run(main())`,
  "sockets of its own network, both versions, and names": `
import socket
for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
    with socket.socket(family, socket.SOCK_DGRAM) as a: a.bind((host, 0)); a.sendto(b"x", a.getsockname()); assert a.recv(1) == b"x"
assert socket.getaddrinfo("localhost", 80)
assert socket.if_indextoname(1) == "lo"
a, b = socket.socketpair(); a.send(b"y"); assert b.recv(1) == b"y"`,
  "files: locks, maps, links, temporary ones, walks": `
import fcntl, mmap, os, shutil, tempfile
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "a")
    with open(path, "wb") as file: file.write(b"x" * 8192); fcntl.flock(file, fcntl.LOCK_EX); os.fsync(file.fileno())
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as view: view[0:1] = b"y"; view.flush()
    os.link(path, path + "1"); os.symlink("a", path + "2"); os.mkfifo(path + "3"); shutil.copy2(path, path + "4")
    os.rename(path + "4", path + "5"); os.chmod(path, 0o600); os.utime(path); os.sync()
    assert len(os.listdir(folder)) == 5`,
  "signals, timers and limits": `
import os, resource, signal, time
seen = []
signal.signal(signal.SIGALRM, lambda *_: seen.append(1)); signal.setitimer(signal.ITIMER_REAL, 0.02); time.sleep(0.1); assert seen
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)); os.nice(1); os.sched_setaffinity(0, os.sched_getaffinity(0))
os.pidfd_open(os.getpid()); os.memfd_create("x"); assert len(os.getrandom(8)) == 8`,
  "what its library is built on: sqlite, ssl, zlib, ctypes, curses": `
import ctypes, hashlib, sqlite3, ssl, zlib
base = sqlite3.connect("/tmp/base"); base.execute("pragma journal_mode=wal"); base.execute("create table t (x)"); base.commit()
ssl.create_default_context(); assert zlib.decompress(zlib.compress(b"x")) == b"x"; hashlib.scrypt(b"x", salt=b"y", n=2, r=1, p=1)
assert ctypes.CDLL(None).getpid() > 0`,
  "a pseudo terminal": `
import os, pty, time
pid, fd = pty.fork()
if pid == 0: os.execvp("sh", ["sh", "-c", "stty size; tty"])
said = b""
try:
    while True:
        part = os.read(fd, 1024)
        if not part: break
        said += part
except OSError: pass
os.waitpid(pid, 0); assert b"/dev/pts/" in said, said`,
};

const node: Readonly<Record<string, string>> = {
  "workers, children and streams": `
import { Worker } from "node:worker_threads";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
const worker = new Worker("require('node:worker_threads').parentPort.postMessage(1)", { eval: true });
if ((await once(worker, "message"))[0] !== 1) throw new Error("worker");
if (execFileSync("echo", ["x"]).toString() !== "x\\n") throw new Error("child");
const child = spawn(process.execPath, ["-e", "process.send(2)"], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
if ((await once(child, "message"))[0] !== 2) throw new Error("ipc");`,
  "an HTTP server and fetch": `
import { createServer } from "node:http";
import { once } from "node:events";
import { lookup } from "node:dns/promises";
const server = createServer((_, answer) => answer.end("hello")).listen(0, "127.0.0.1");
await once(server, "listening");
if (await (await fetch("http://127.0.0.1:" + server.address().port)).text() !== "hello") throw new Error("fetch");
server.close(); server.closeAllConnections();
if (!["127.0.0.1", "::1"].includes((await lookup("localhost")).address)) throw new Error("lookup");`,
  "files, watching, sqlite, crypto and wasm": `
import fs from "node:fs";
import { scryptSync, randomUUID } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
fs.mkdirSync("/tmp/n/a", { recursive: true }); fs.writeFileSync("/tmp/n/a/b", "x"); fs.cpSync("/tmp/n", "/tmp/m", { recursive: true });
const watcher = fs.watch("/tmp/n"); const seen = new Promise((done) => watcher.once("change", done)); fs.writeFileSync("/tmp/n/c", ""); await seen; watcher.close();
fs.rmSync("/tmp/n", { recursive: true }); scryptSync("a", "b", 16); randomUUID();
new DatabaseSync("/tmp/n.db").exec("create table t (x)");
await WebAssembly.compile(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));`,
};

const bash = `set -euo pipefail
[ "$(printf 'b\\na\\n' | sort | head -n 1)" = a ]
(sleep 0.01 & wait); exec 7<>/dev/null
diff <(echo 1) <(echo 1)
tar cf - -C /usr/bin env | tar tf - >/dev/null
find /usr/lib/python3 -maxdepth 1 >/dev/null; df /tmp >/dev/null; ps >/dev/null 2>&1 || true
cp --reflink=auto /usr/bin/env /tmp/env && /tmp/env true; mktemp >/dev/null; id -un >/dev/null
timeout 1 true; nice -n 1 true; setsid true; date >/dev/null; awk 'BEGIN { exit 0 }'`;

describeWith(["bubblewrap", "root", "cgroup", "python3"], "behind all walls", () => {
  let launcher: RunningLauncher;
  let guest: Guest;
  let agent: Agent;
  beforeAll(async () => {
    launcher = await startLauncher();
    const limits = { memoryBytes: 512 << 20, openFiles: 512 };
    guest = await new BubblewrapRuntime(launcher.client).launch(launchSpec({ limits, deadlineMs: 120_000 }));
    agent = openAgent(await guest.attach());
  });
  afterAll(async () => {
    agent.close();
    await guest.destroy();
    await launcher.stop();
  });
  const works = async (argv: readonly string[]): Promise<void> => {
    expect(await run(agent, argv)).toMatchObject({ stderr: "", exitCode: 0 });
  };
  const script = async (name: string, source: string, argv: readonly string[]): Promise<void> => {
    await agent.writeFile(name, Buffer.from(source), 0o644);
    await works([...argv, name]);
  };

  for (const [what, source] of Object.entries(python)) {
    test(`python has ${what}`, () => script("/workspace/main.py", source, ["python3"]));
  }
  for (const [what, source] of Object.entries(node)) {
    test(`node has ${what}`, () =>
      script("/workspace/main.mjs", source, ["/opt/hsr/bin/node", "--disable-warning=ExperimentalWarning"]));
  }
  test("bash and the usual tools work", () => script("/workspace/main.sh", bash, ["bash"]));
  test("perl forks and waits", () =>
    works(["perl", "-e", "my $p = fork // die; exit 0 if !$p; waitpid($p, 0); exit $? >> 8"]));

  const gcc = needs("gcc");
  test.skipIf(!gcc.ok)(`a compiled program with threads runs${gcc.ok ? "" : ` [skipped: ${gcc.reason}]`}`, async () => {
    const source = `#include <pthread.h>\n#include <semaphore.h>\nstatic sem_t s;\nstatic void *f(void *x) { sem_post(&s); return x; }\n
int main(void) { pthread_t t[8]; sem_init(&s, 0, 0); for (int i = 0; i < 8; i++) pthread_create(&t[i], 0, f, 0);
for (int i = 0; i < 8; i++) { sem_wait(&s); pthread_join(t[i], 0); } return 0; }`;
    const folder = mkdtempSync(join(tmpdir(), "hsr-threads-"));
    try {
      writeFileSync(join(folder, "main.c"), source);
      execFileSync("gcc", ["-pthread", "-o", join(folder, "main"), join(folder, "main.c")]);
      await agent.writeFile("/workspace/threads", readFileSync(join(folder, "main")), 0o755);
    } finally {
      rmSync(folder, { recursive: true });
    }
    await works(["/workspace/threads"]);
  });
});
