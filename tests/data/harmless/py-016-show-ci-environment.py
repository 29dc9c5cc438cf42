import os
import re

HIDE = re.compile(r"token|secret|password|key|credential", re.I)

for name in sorted(os.environ):
    value = "***" if HIDE.search(name) else os.environ[name]
    print(f"{name}={value}")
