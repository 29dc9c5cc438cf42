import asyncio
import sys
from html.parser import HTMLParser
from urllib.parse import urljoin

import aiohttp


class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = set()

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            href = dict(attrs).get("href")
            if href and not href.startswith("#"):
                self.found.add(href)


async def check(session, url, gate):
    async with gate:
        try:
            async with session.head(url, allow_redirects=True) as r:
                return url, r.status
        except aiohttp.ClientError as e:
            return url, type(e).__name__


async def main(start):
    gate = asyncio.Semaphore(10)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        async with session.get(start) as page:
            parser = Links()
            parser.feed(await page.text())
        urls = {urljoin(start, link) for link in parser.found}
        for url, status in await asyncio.gather(*(check(session, u, gate) for u in urls if u.startswith("http"))):
            if status != 200:
                print(status, url)


asyncio.run(main(sys.argv[1]))
