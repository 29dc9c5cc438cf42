import os
import time

import requests
import schedule

HOOK = os.environ["TEAMS_HOOK"]


def digest():
    items = requests.get("https://api.example.com/v1/news", params={"limit": 5}).json()["items"]
    text = "\n".join(f"- [{i['title']}]({i['url']})" for i in items)
    requests.post(HOOK, json={"text": text}).raise_for_status()


schedule.every().day.at("08:30").do(digest)
while True:
    schedule.run_pending()
    time.sleep(20)
