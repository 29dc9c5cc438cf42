import socket
import subprocess
import sys
import time

import pytest


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.fixture(scope="session")
def server():
    port = free_port()
    child = subprocess.Popen([sys.executable, "-m", "uvicorn", "notes.app:app", "--port", str(port)])
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        if child.poll() is not None:
            pytest.fail("server ended early")
        time.sleep(0.1)
    yield f"http://127.0.0.1:{port}"
    child.terminate()
    try:
        child.wait(5)
    except subprocess.TimeoutExpired:
        child.kill()
