import json, os, sys
from urllib.request import Request, urlopen

status = sys.argv[1] if len(sys.argv) > 1 else "unknown"
color = {"success": "#2eb886", "failure": "#a30200"}.get(status, "#dddddd")
payload = {
    "attachments": [
        {
            "color": color,
            "title": "%s on %s" % (os.environ["GITHUB_WORKFLOW"], os.environ["GITHUB_REF_NAME"]),
            "title_link": "%(GITHUB_SERVER_URL)s/%(GITHUB_REPOSITORY)s/actions/runs/%(GITHUB_RUN_ID)s" % os.environ,
            "text": f"Build ended with *{status}*",
        }
    ]
}
req = Request(os.environ["SLACK_WEBHOOK_URL"], data=json.dumps(payload).encode(), headers={"Content-Type": "application/json"})
urlopen(req).read()
