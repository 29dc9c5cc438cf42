import sys
from datetime import datetime
from pathlib import Path

from PIL import ExifTags, Image

for name in sys.argv[1:]:
    photo = Path(name)
    with Image.open(photo) as im:
        exif = im.getexif()
    taken = exif.get(ExifTags.Base.DateTime)
    if not taken:
        print("no date:", name, file=sys.stderr)
        continue
    stamp = datetime.strptime(taken, "%Y:%m:%d %H:%M:%S")
    target = photo.with_name(stamp.strftime("%Y%m%d-%H%M%S") + photo.suffix.lower())
    n = 1
    while target.exists():
        target = target.with_stem(f"{stamp:%Y%m%d-%H%M%S}-{n}")
        n += 1
    photo.rename(target)
