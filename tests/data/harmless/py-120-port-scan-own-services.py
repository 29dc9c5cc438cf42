import socket

SERVICES = [("web", "localhost", 80), ("tls", "localhost", 443), ("postgres", "db.example.com", 5432), ("redis", "cache.example.com", 6379)]

for name, host, port in SERVICES:
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.settimeout(1.5)
    state = "open" if s.connect_ex((host, port)) == 0 else "CLOSED"
    s.close()
    print(f"{name:10} {host}:{port:<6} {state}")
