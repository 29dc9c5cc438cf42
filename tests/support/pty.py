"""A program on a real pseudo terminal, for pty.ts: commands come as JSON lines on stdin, answers go as JSON lines to stdout."""

import base64
import fcntl
import json
import os
import select
import signal
import struct
import subprocess
import sys
import termios


def tell(**message):
    print(json.dumps(message), flush=True)


def resize(rows, cols):
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))


def state():
    # Speeds and special characters too: a terminal that is given back is as it was.
    return [part if isinstance(part, int) else [bytes([c]).hex() if isinstance(c, int) else c.hex() for c in part]
            for part in termios.tcgetattr(slave)]


def own_terminal():
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


rows, cols, *argv = sys.argv[1:]
master, slave = os.openpty()
resize(int(rows), int(cols))
before = state()
child = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave, preexec_fn=own_terminal)
pending = b""
commands = 0
while True:
    watched = [master] + ([sys.stdin.fileno()] if commands is not None else [])
    ready, _, _ = select.select(watched, [], [], 0.02)
    if master in ready:
        tell(output=base64.b64encode(os.read(master, 65536)).decode())
        continue
    if child.poll() is not None:
        break
    if ready:
        piece = os.read(sys.stdin.fileno(), 65536)
        if piece == b"":
            commands = None
            child.send_signal(signal.SIGHUP)
        pending += piece
        *lines, pending = pending.split(b"\n")
        for line in lines:
            command = json.loads(line)
            if "keys" in command:
                os.write(master, base64.b64decode(command["keys"]))
            if "rows" in command:
                resize(command["rows"], command["cols"])
            if "signal" in command:
                child.send_signal(getattr(signal, command["signal"]))
            if "look" in command:
                tell(raw=not termios.tcgetattr(slave)[3] & termios.ICANON)
tell(code=child.returncode, restored=state() == before)
