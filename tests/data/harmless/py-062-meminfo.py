def meminfo():
    values = {}
    with open("/proc/meminfo") as f:
        for line in f:
            name, rest = line.split(":")
            values[name] = int(rest.split()[0])
    return values


m = meminfo()
used = m["MemTotal"] - m["MemAvailable"]
print("used %.1f of %.1f GiB (%d %%)" % (used / 2**20, m["MemTotal"] / 2**20, 100 * used / m["MemTotal"]))
