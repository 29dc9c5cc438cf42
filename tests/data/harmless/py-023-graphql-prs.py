import os, sys, collections
import requests

QUERY = """
query($q: String!, $after: String) {
  search(query: $q, type: ISSUE, first: 100, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes { ... on PullRequest { author { login } additions deletions } }
  }
}
"""
repo, month = sys.argv[1:3]
headers = {"Authorization": "bearer " + os.environ["GH_TOKEN"]}
after, merged = None, collections.Counter()
while True:
    variables = {"q": f"repo:{repo} is:pr is:merged merged:{month}", "after": after}
    data = requests.post("https://api.github.com/graphql", json={"query": QUERY, "variables": variables}, headers=headers).json()
    page = data["data"]["search"]
    merged.update((n["author"] or {"login": "ghost"})["login"] for n in page["nodes"])
    if not page["pageInfo"]["hasNextPage"]:
        break
    after = page["pageInfo"]["endCursor"]
for login, n in merged.most_common():
    print(n, login)
