import os

try:
    target = os.readlink("/etc/localtime")
    zone = target.split("zoneinfo/", 1)[1]
except (OSError, IndexError):
    try:
        with open("/etc/timezone") as f:
            zone = f.read().strip()
    except OSError:
        zone = "UTC"
print(zone)
