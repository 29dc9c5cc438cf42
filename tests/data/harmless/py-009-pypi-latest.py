import concurrent.futures
import sys
import requests

def latest(name):
    data = requests.get(f"https://pypi.org/pypi/{name}/json", timeout=10).json()
    return name, data["info"]["version"], data["info"]["requires_python"]

with concurrent.futures.ThreadPoolExecutor(8) as pool:
    for name, version, needs in pool.map(latest, sys.argv[1:]):
        print(f"{name}=={version}  # python {needs or 'any'}")
