import base64
import json
import socket
import time
import zlib


def pack(points):
    raw = json.dumps(points, separators=(",", ":")).encode()
    return base64.b64encode(zlib.compress(raw, 9)) + b"\n"


points = [{"name": "queue.depth", "value": n % 7, "at": time.time() - n} for n in range(50)]
with socket.create_connection(("metrics.example.com", 4242), timeout=3) as s:
    s.sendall(pack(points))
    print(s.recv(64).decode().strip())
