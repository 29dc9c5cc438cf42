import signal
import subprocess
import sys
import time

stopping = False
child = None


def stop(number, frame):
    global stopping
    stopping = True
    if child and child.poll() is None:
        child.send_signal(number)


signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)

pause = 1
while not stopping:
    began = time.time()
    child = subprocess.Popen([sys.executable, "worker.py"])
    code = child.wait()
    if stopping:
        break
    pause = 1 if time.time() - began > 60 else min(pause * 2, 30)
    print(f"worker ended with {code}, again in {pause} s", file=sys.stderr)
    time.sleep(pause)
