import os, time, requests

want = os.environ["CI_COMMIT_SHORT_SHA"]
for attempt in range(60):
    try:
        got = requests.get("https://staging.example.com/version", timeout=5).text.strip()
        if got == want:
            print("live:", got)
            break
        print(f"[{attempt}] still {got}")
    except requests.RequestException as e:
        print(f"[{attempt}] {e.__class__.__name__}")
    time.sleep(5)
else:
    raise SystemExit("gave up")
