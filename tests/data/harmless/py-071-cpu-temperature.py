import glob
import time

zones = {}
for path in glob.glob("/sys/class/thermal/thermal_zone*/"):
    with open(path + "type") as f:
        zones[f.read().strip()] = path + "temp"

for _ in range(10):
    row = []
    for name, path in sorted(zones.items()):
        with open(path) as f:
            row.append(f"{name}={int(f.read()) / 1000:.1f}")
    print(time.strftime("%H:%M:%S"), *row)
    time.sleep(1)
