import pathlib
import runpy
import sys
import time

slow = []
for example in sorted(pathlib.Path("examples").glob("ex*.py")):
    began = time.perf_counter()
    sys.argv = [str(example), "--quick"]
    runpy.run_path(str(example), run_name="__main__")
    spent = time.perf_counter() - began
    if spent > 5:
        slow.append((example.name, spent))
    print(f"ok {example.name} {spent:.2f}s")
for name, spent in slow:
    print(f"slow: {name} {spent:.1f}s", file=sys.stderr)
