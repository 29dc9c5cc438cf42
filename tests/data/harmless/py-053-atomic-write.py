import contextlib
import json
import os
import tempfile


def write_atomically(path, data):
    folder = os.path.dirname(path) or "."
    fd, scratch = tempfile.mkstemp(dir=folder, prefix=".tmp-")
    try:
        with os.fdopen(fd, "w") as f:
            json.dump(data, f, indent=2, sort_keys=True)
            f.flush()
            os.fsync(f.fileno())
        os.replace(scratch, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(scratch)
        raise


write_atomically("state.json", {"offset": 1842, "partitions": [0, 3, 5]})
