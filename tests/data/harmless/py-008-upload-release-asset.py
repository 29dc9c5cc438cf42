"""Attach files to an existing release. Usage: upload.py TAG FILE..."""
import mimetypes
import os
import pathlib
import sys

import requests

tag, *names = sys.argv[1:]
session = requests.Session()
session.headers["Authorization"] = "token " + os.environ["GITHUB_TOKEN"]
repo = os.environ["GITHUB_REPOSITORY"]

release = session.get(f"https://api.github.com/repos/{repo}/releases/tags/{tag}")
release.raise_for_status()
upload_url = release.json()["upload_url"].split("{")[0]

for path in map(pathlib.Path, names):
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    with path.open("rb") as body:
        done = session.post(upload_url, params={"name": path.name}, data=body, headers={"Content-Type": kind})
    done.raise_for_status()
    print("uploaded", done.json()["browser_download_url"])
