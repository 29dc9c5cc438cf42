from itertools import chain
from pathlib import Path

from PIL import ImageFont

folders = [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts"]
for file in sorted(chain.from_iterable(f.rglob("*.ttf") for f in folders if f.is_dir())):
    family, style = ImageFont.truetype(str(file), 12).getname()
    print(f"{family}\t{style}\t{file}")
