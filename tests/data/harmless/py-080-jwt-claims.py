import base64
import json
import os
import sys
from datetime import datetime, timezone

token = sys.argv[1] if len(sys.argv) > 1 else os.environ["TOKEN"]
header, payload, _signature = token.split(".")


def part(text):
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


print("header", part(header))
claims = part(payload)
for name, value in claims.items():
    if name in ("exp", "iat", "nbf"):
        value = datetime.fromtimestamp(value, timezone.utc).isoformat()
    print(f"{name:>6}  {value}")
