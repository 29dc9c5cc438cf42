#!/usr/bin/python3 -IS
import socket, struct, array, time, os
def pair():
    l = socket.socket(); l.bind(("127.0.0.1", 0)); l.listen(1)
    c = socket.socket(); c.connect(l.getsockname()); s, _ = l.accept(); l.close()
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 15))
    c.setblocking(False)
    try:
        while True: c.send(b"x" * 65536)
    except BlockingIOError: pass
    return c, s
fd = FD
ch = socket.socket(fileno=fd)
if fd == 3:
    os.write(4, b"H")
    ch.setblocking(True)
c1, s1 = pair(); c2, s2 = pair()
if fd == 4: os.write(4, b"H")
time.sleep(0.3)
ch.sendmsg([b"X"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [f.fileno() for f in (c1, s1, s2, c2)]))])
for f in (c1, s1, s2, c2): f.close()
time.sleep(100)
