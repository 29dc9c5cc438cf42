#!/usr/bin/env python
import os
import subprocess

image = f"ghcr.io/{os.environ['GITHUB_REPOSITORY'].lower()}"
sha = os.environ["GITHUB_SHA"][:12]


def sh(*argv, **kw):
    print("+", " ".join(argv), flush=True)
    subprocess.run(argv, check=True, **kw)


sh("docker", "login", "ghcr.io", "-u", os.environ["GITHUB_ACTOR"], "--password-stdin", input=os.environ["GITHUB_TOKEN"].encode())
sh("docker", "build", "--pull", "-t", f"{image}:{sha}", ".")
sh("docker", "tag", f"{image}:{sha}", f"{image}:latest")
for tag in (sha, "latest"):
    sh("docker", "push", f"{image}:{tag}")
