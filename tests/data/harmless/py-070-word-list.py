import sys
from collections import defaultdict

groups = defaultdict(set)
with open("/usr/share/dict/words", encoding="utf-8") as words:
    for word in words:
        word = word.strip().lower()
        if word.isalpha():
            groups["".join(sorted(word))].add(word)

for query in sys.argv[1:]:
    print(query, "->", ", ".join(sorted(groups["".join(sorted(query.lower()))] - {query})) or "none")
