from pathlib import Path


def distribution():
    facts = {}
    for candidate in ("/etc/os-release", "/usr/lib/os-release"):
        path = Path(candidate)
        if path.exists():
            for line in path.read_text().splitlines():
                key, sep, value = line.partition("=")
                if sep:
                    facts[key] = value.strip("\"'")
            break
    return facts.get("ID", "unknown"), facts.get("VERSION_ID", "")


name, version = distribution()
packages = {"debian": "libpq-dev", "ubuntu": "libpq-dev", "fedora": "postgresql-devel", "alpine": "postgresql-dev"}
print(f"{name} {version}: install {packages.get(name, 'the PostgreSQL headers')}")
