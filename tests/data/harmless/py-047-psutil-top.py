import psutil

rows = []
for proc in psutil.process_iter(["pid", "name", "username", "memory_info"]):
    info = proc.info
    if info["memory_info"]:
        rows.append((info["memory_info"].rss, info["pid"], info["username"], info["name"]))

rows.sort(reverse=True)
total = psutil.virtual_memory().total
print(f"{'MB':>8} {'%':>5} {'PID':>7} {'USER':<12} NAME")
for rss, pid, user, name in rows[:15]:
    print(f"{rss / 2**20:8.1f} {100 * rss / total:5.1f} {pid:7} {user or '-':<12} {name}")
