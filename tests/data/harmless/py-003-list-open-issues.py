#!/usr/bin/env python3
"""Print open issues of a repository, newest first."""
import argparse
import json
import os
import sys
import urllib.request

parser = argparse.ArgumentParser()
parser.add_argument("repo", help="owner/name")
parser.add_argument("--label")
args = parser.parse_args()

url = f"https://api.github.com/repos/{args.repo}/issues?state=open&per_page=50"
if args.label:
    url += "&labels=" + args.label
request = urllib.request.Request(url, headers={"Accept": "application/vnd.github+json"})
token = os.environ.get("GITHUB_TOKEN")
if token:
    request.add_header("Authorization", f"Bearer {token}")

try:
    with urllib.request.urlopen(request, timeout=15) as response:
        issues = json.load(response)
except urllib.error.HTTPError as error:
    sys.exit(f"GitHub says {error.code}: {error.reason}")

for issue in issues:
    if "pull_request" in issue:
        continue
    print(f"#{issue['number']:<6} {issue['title']}")
