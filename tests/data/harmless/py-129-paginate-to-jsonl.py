import json, os, sys, time
from urllib import request, parse

base = "https://api.example.com/v1/tickets"
head = {"X-Api-Key": os.environ["HELPDESK_KEY"]}
cursor, n = None, 0
with open("tickets.jsonl", "a", encoding="utf-8") as out:
    while True:
        query = parse.urlencode({"limit": 200, **({"cursor": cursor} if cursor else {})})
        with request.urlopen(request.Request(f"{base}?{query}", headers=head)) as r:
            page = json.load(r)
            left = int(r.headers.get("X-RateLimit-Remaining", 1))
        for t in page["data"]:
            out.write(json.dumps(t, ensure_ascii=False) + "\n")
        n += len(page["data"])
        print(n, file=sys.stderr)
        cursor = page.get("next")
        if not cursor:
            break
        if left < 2:
            time.sleep(30)
