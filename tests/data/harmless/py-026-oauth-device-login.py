import json
import time
from pathlib import Path
import requests

CLIENT = "a1b2c3d4"
STORE = Path("~/.config/notes/token.json").expanduser()

start = requests.post("https://auth.example.com/device/code", data={"client_id": CLIENT, "scope": "notes"}).json()
print("Open", start["verification_uri"], "and enter", start["user_code"])

while True:
    time.sleep(start["interval"])
    r = requests.post(
        "https://auth.example.com/token",
        data={
            "client_id": CLIENT,
            "device_code": start["device_code"],
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        },
    ).json()
    if "access_token" in r:
        STORE.parent.mkdir(parents=True, exist_ok=True)
        STORE.write_text(json.dumps(r))
        STORE.chmod(0o600)
        break
    if r.get("error") != "authorization_pending":
        raise SystemExit(r.get("error_description", "login failed"))
