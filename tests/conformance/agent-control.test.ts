/** The launcher's channel, spoken by a few lines of Python: descriptors cannot be passed from here. */
import { execFileSync } from "node:child_process";
import { agentPath } from "@hsr/runtimes/agent/testing";
import { expect } from "vitest";
import { testWith } from "../support/host.ts";

const launcher = `
import array, os, select, signal, socket, subprocess, sys, time
agent = sys.argv[1]
OPEN = b"\\xf8HSR-OPEN\\xfe\\xa7\\xc3\\x91\\xe5\\xb2\\xd6"
ECHO = b"\\xf9HSR-ECHO\\xfd\\x9b\\xe8\\x84\\xd3\\xc6\\xa1"

def opening(epoch):
    return OPEN + epoch + b"\\x01\\x00\\x01\\x00\\x00\\x00\\x00\\x00"

def start():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    def settle():
        os.dup2(theirs.fileno(), 100); os.closerange(3, 100); os.dup2(100, 4); os.close(100)
    child = subprocess.Popen([agent], preexec_fn=settle, close_fds=False, stdin=subprocess.DEVNULL)
    theirs.close()
    assert ours.recv(10) == b"H", "the greeting"
    return child, ours

def give(control, kind, *sockets):
    control.sendmsg([kind], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [s.fileno() for s in sockets]))])

def answers(stream, epoch):
    stream.settimeout(5)
    stream.sendall(opening(epoch))
    seen = b""
    while ECHO + epoch not in seen:
        got = stream.recv(4096)
        assert got, "the stream ended before its echo"
        seen += got

def closed(stream):
    stream.settimeout(5)
    while True:
        got = stream.recv(65536)
        if not got: return True

def fds(pid):
    return sorted(int(name) for name in os.listdir(f"/proc/{pid}/fd"))

child, control = start()
before = len(fds(child.pid))

# A stream by message; a second one replaces it at once.
one, one_far = socket.socketpair()
give(control, b"S", one_far); one_far.close()
answers(one, b"1" * 16)
two, two_far = socket.socketpair()
give(control, b"S", two_far); two_far.close()
answers(two, b"2" * 16)
assert closed(one), "the first stream is let go"
print("replaced")

# Bytes may be waiting in a stream when it is given.
three, three_far = socket.socketpair()
three.sendall(opening(b"3" * 16))
give(control, b"S", three_far); three_far.close()
three.settimeout(5)
assert three.recv(32) == ECHO + b"3" * 16
print("waiting")

# Anything else is ignored, and what comes with it is closed.
junk, junk_far = socket.socketpair()
for kind in (b"X", b"SS", b"H" * 100):
    give(control, kind, junk_far, junk_far, junk_far)
control.send(b"S")
junk_far.close()
assert closed(junk), "descriptors of other messages are closed"
answers(three, b"4" * 16)
assert len(fds(child.pid)) == before + 1, fds(child.pid)
print("ignored")

# The end of a stream is the end of an epoch only.
three.close()
time.sleep(0.05)
assert child.poll() is None
four, four_far = socket.socketpair()
give(control, b"S", four_far); four_far.close()
answers(four, b"5" * 16)
print("survived")

# The end of control is the end.
control.close()
assert child.wait(5) == 0
print("ended")

# The launcher may be dead before the agent looks.
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
ours.close()
def settle():
    os.dup2(theirs.fileno(), 100); os.closerange(3, 100); os.dup2(100, 4); os.close(100)
assert subprocess.Popen([agent], preexec_fn=settle, close_fds=False).wait(5) == 0
print("late")
`;

testWith(["python3"], "control brings streams, ignores the rest, and ends everything with its own end", () => {
  const said = execFileSync("/usr/bin/python3", ["-c", launcher, agentPath], { encoding: "utf8", timeout: 30_000 });
  expect(said.trim().split("\n")).toEqual(["replaced", "waiting", "ignored", "survived", "ended", "late"]);
});
