import codecs
import json
from base64 import b32decode, b64decode

with open("hints.json", encoding="utf-8") as f:
    hints = json.load(f)

DECODERS = {
    "rot13": lambda s: codecs.decode(s, "rot13"),
    "hex": lambda s: bytes.fromhex(s).decode(),
    "base64": lambda s: b64decode(s).decode(),
    "base32": lambda s: b32decode(s).decode(),
}
for number, hint in enumerate(hints, 1):
    answer = DECODERS[hint["code"]](hint["text"])
    print(f"{number}. {answer}")
