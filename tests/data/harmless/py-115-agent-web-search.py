import html
import os
import re

import httpx

TAG = re.compile(r"<(script|style).*?</\1>|<[^>]+>", re.S | re.I)


async def search(query: str, count: int = 5) -> list[dict]:
    async with httpx.AsyncClient(timeout=15, follow_redirects=True) as http:
        found = await http.get(
            "https://api.search.brave.com/res/v1/web/search",
            params={"q": query, "count": count},
            headers={"X-Subscription-Token": os.environ["BRAVE_API_KEY"]},
        )
        found.raise_for_status()
        results = []
        for hit in found.json()["web"]["results"]:
            page = await http.get(hit["url"])
            text = html.unescape(TAG.sub(" ", page.text))
            results.append({"title": hit["title"], "url": hit["url"], "text": " ".join(text.split())[:2000]})
        return results
