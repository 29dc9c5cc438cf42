import socket
import sys
import time


def wait_for(host: str, port: int, seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with socket.create_connection((host, port), timeout=1):
                return True
        except OSError:
            time.sleep(0.25)
    return False


host, _, port = sys.argv[1].partition(":")
sys.exit(0 if wait_for(host, int(port)) else 1)
