import re
import sys
import traceback
from pathlib import Path

FENCE = re.compile(r"^```python\n(.*?)^```", re.M | re.S)
failures = 0
for doc in Path("docs").rglob("*.md"):
    text = doc.read_text()
    scope = {"__name__": "__example__"}
    for match in FENCE.finditer(text):
        line = text.count("\n", 0, match.start()) + 2
        try:
            exec(compile("\n" * (line - 1) + match[1], str(doc), "exec"), scope)
        except Exception:
            failures += 1
            traceback.print_exc(limit=-1)
sys.exit(failures > 0)
