import json
import requests

with open("coverage.json") as f:
    percent = json.load(f)["totals"]["percent_covered"]

color = "brightgreen" if percent > 90 else "yellow" if percent > 75 else "red"
svg = requests.get(f"https://img.shields.io/badge/coverage-{percent:.0f}%25-{color}.svg")
svg.raise_for_status()
with open("docs/coverage.svg", "wb") as f:
    f.write(svg.content)
print(f"coverage: {percent:.1f} %")
