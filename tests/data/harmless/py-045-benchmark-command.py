import statistics
import subprocess
import sys
import time

runs, command = int(sys.argv[1]), sys.argv[2:]
times = []
for _ in range(runs):
    began = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    times.append(time.perf_counter() - began)
times.sort()
print(f"min {times[0]:.3f}  median {statistics.median(times):.3f}  max {times[-1]:.3f}  sd {statistics.pstdev(times):.4f}")
