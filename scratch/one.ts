import { BubblewrapRuntime, openAgent } from "@hsr/runtimes";
import { launchSpec, execSpec } from "../tests/support/launch-spec.ts";
import { startLauncher } from "../tests/support/launcher.ts";
const launcher = await startLauncher();
const runtime = new BubblewrapRuntime(launcher.client);
async function box(source: string, limits = {}, wait = true) {
  const guest = await runtime.launch(launchSpec({ limits, requiredLimits: ["wall_time"] }));
  const agent = openAgent(await guest.attach());
  await agent.writeFile("/workspace/a.py", Buffer.from(source), 0o644);
  const e = agent.start(1, execSpec(["python3", "-u", "/workspace/a.py"]));
  let out = "";
  const reading = (async () => { try { for await (const c of e.output) { out += Buffer.from(c.bytes).toString(); } } catch (x) { out += String(x); } })();
  e.exit.catch(() => undefined);
  const until = async (w: string, ms = 8000) => { const t = Date.now(); while (!out.includes(w) && Date.now() - t < ms) await new Promise(r => setTimeout(r, 20)); return out; };
  return { guest, agent, until, get out() { return out; } };
}
const ino = `
import ctypes, os, time
libc = ctypes.CDLL(None, use_errno=True)
n=0
while n < 240 and libc.inotify_init1(0) >= 0: n+=1
print("inotify", n, os.strerror(ctypes.get_errno()), "DONE", flush=True)
time.sleep(20)`;
const a = await box(ino); console.log("A", await a.until("DONE"));
const b = await box(ino); console.log("B", await b.until("DONE"));
import { execFileSync } from "node:child_process";
console.log("host root:", execFileSync("python3", ["-c", "import ctypes;l=ctypes.CDLL(None,use_errno=True);print(l.inotify_init1(0))"], { encoding: "utf8" }).trim());
await a.guest.destroy(); await b.guest.destroy();
// signals
const sig = `
import ctypes, os, signal, time
libc = ctypes.CDLL(None, use_errno=True)
signal.pthread_sigmask(signal.SIG_BLOCK, [40])
n=0
class V(ctypes.Union): _fields_=[("i",ctypes.c_int),("p",ctypes.c_void_p)]
libc.sigqueue.argtypes=[ctypes.c_int,ctypes.c_int,V]
while n<200000 and libc.sigqueue(os.getpid(), 40, V(i=1))==0: n+=1
print("signals", n, os.strerror(ctypes.get_errno()), "DONE", flush=True)
time.sleep(20)`;
const s1 = await box(sig); console.log("S", await s1.until("DONE"));
import { readFileSync } from "node:fs";
console.log("root SigQ", /SigQ.*/.exec(readFileSync("/proc/self/status", "utf8"))?.[0]);
await s1.guest.destroy();
// TCP memory
const tcp = `
import socket, resource, time
keep=[]; total=0
try:
  for i in range(100):
    l=socket.socket(); l.bind(("127.0.0.1",0)); l.listen(1)
    c=socket.socket(); c.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1<<22)
    c.connect(l.getsockname()); s,_=l.accept(); l.close()
    c.setblocking(False)
    try:
      while True: total+=c.send(b"x"*65536)
    except BlockingIOError: pass
    keep += [c,s]
except Exception as e: print(repr(e))
print("tcp bytes", total>>20, "MiB", open("/proc/net/sockstat").read(), "DONE", flush=True)
time.sleep(20)`;
const t = await box(tcp, { memoryBytes: 64 << 20, diskBytes: 4 << 20 }); console.log("TCP", await t.until("DONE"), await t.guest.usage());
await t.guest.destroy();
const pty = `
import os, resource, time
resource.setrlimit(resource.RLIMIT_NOFILE,(256,256))
kids=0
for k in range(40):
  r,w=os.pipe()
  if os.fork()==0:
    n=0
    try:
      while n<120: os.open("/dev/ptmx", os.O_RDWR|os.O_NOCTTY); n+=1
    except OSError as e: pass
    os.write(w,b"%d "%n); time.sleep(20); os._exit(0)
  os.close(w); print(os.read(r,20).decode(), end="", flush=True); os.close(r)
print("DONE", flush=True); time.sleep(20)`;
const p = await box(pty); console.log("PTY", await p.until("DONE"), await p.guest.usage());
const q = await box(`
import os
try: os.open("/dev/ptmx", os.O_RDWR|os.O_NOCTTY); print("other ok DONE")
except OSError as e: print("other", e, "DONE")`); console.log(await q.until("DONE"));
await p.guest.destroy(); await q.guest.destroy();
const h = await box(`
import ctypes
print(open("/proc/self/mountinfo").read())
print("DONE")`); console.log(await h.until("DONE"));
await h.guest.destroy();
await launcher.stop(); process.exit(0);
