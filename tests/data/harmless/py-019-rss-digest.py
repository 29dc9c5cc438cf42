import xml.etree.ElementTree as ET
from urllib.request import urlopen

FEEDS = {
    "Python": "https://blog.python.org/feeds/posts/default?alt=rss",
    "Example": "https://example.com/feed.xml",
}

for name, url in FEEDS.items():
    try:
        tree = ET.parse(urlopen(url, timeout=10))
    except Exception as problem:
        print(f"{name}: {problem}")
        continue
    print(name)
    for item in list(tree.iter("item"))[:5]:
        print("  -", item.findtext("title"))
