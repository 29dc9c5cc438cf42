import json
import os
from pathlib import Path
import httpx

client = httpx.Client(
    base_url="https://api.mistral.ai/v1",
    headers={"Authorization": f"Bearer {os.environ['MISTRAL_API_KEY']}"},
    timeout=30,
)


def chunks(text, size=800, overlap=100):
    step = size - overlap
    return [text[i : i + size] for i in range(0, max(len(text) - overlap, 1), step)]


with open("index.jsonl", "w", encoding="utf-8") as index:
    for doc in Path("docs").glob("**/*.md"):
        parts = chunks(doc.read_text(encoding="utf-8"))
        reply = client.post("/embeddings", json={"model": "mistral-embed", "input": parts})
        reply.raise_for_status()
        for part, item in zip(parts, reply.json()["data"]):
            index.write(json.dumps({"source": str(doc), "text": part, "vector": item["embedding"]}) + "\n")
