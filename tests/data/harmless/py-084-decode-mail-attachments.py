import email
import sys
from base64 import b64decode
from email import policy
from pathlib import Path

with open(sys.argv[1], "rb") as f:
    mail = email.message_from_binary_file(f, policy=policy.default)

out = Path("attachments")
out.mkdir(exist_ok=True)
for part in mail.walk():
    name = part.get_filename()
    if not name:
        continue
    body = part.get_payload()
    data = b64decode(body) if part["content-transfer-encoding"] == "base64" else body.encode()
    (out / Path(name).name).write_bytes(data)
    print(name, len(data))
