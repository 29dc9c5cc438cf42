import base64
import http.client
import json
import os

pair = f"{os.environ['JIRA_USER']}:{os.environ['JIRA_TOKEN']}".encode()
headers = {"Authorization": "Basic " + base64.b64encode(pair).decode(), "Accept": "application/json"}

conn = http.client.HTTPSConnection("example.atlassian.net", timeout=20)
conn.request("GET", "/rest/api/3/search?jql=assignee%3DcurrentUser()%20AND%20resolution%3DUnresolved", headers=headers)
answer = conn.getresponse()
if answer.status != 200:
    raise SystemExit(f"{answer.status} {answer.reason}")
for issue in json.load(answer)["issues"]:
    print(issue["key"], issue["fields"]["summary"])
