import hashlib
import sys

import requests
from tqdm import tqdm


def fetch(url, target, sha256=None, chunk=1 << 16):
    digest = hashlib.sha256()
    with requests.get(url, stream=True, timeout=(5, 60)) as r:
        r.raise_for_status()
        total = int(r.headers.get("content-length", 0))
        with open(target, "wb") as out, tqdm(total=total, unit="B", unit_scale=True) as bar:
            for part in r.iter_content(chunk):
                out.write(part)
                digest.update(part)
                bar.update(len(part))
    if sha256 and digest.hexdigest() != sha256:
        raise SystemExit(f"{target}: digest differs, got {digest.hexdigest()}")
    return target


fetch(sys.argv[1], sys.argv[2], *sys.argv[3:4])
