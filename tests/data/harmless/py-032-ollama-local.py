import sys
import requests

text = open(sys.argv[1], encoding="utf-8").read()
prompt = "Summarize the following text in three bullet points.\n\n" + text[:12000]
r = requests.post("http://localhost:11434/api/generate", json={"model": "llama3", "prompt": prompt, "stream": False})
print(r.json()["response"])
