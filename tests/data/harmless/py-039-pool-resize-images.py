import sys
from multiprocessing import Pool
from pathlib import Path

from PIL import Image

OUT = Path("small")


def shrink(path):
    with Image.open(path) as im:
        im.thumbnail((1280, 1280))
        im.convert("RGB").save(OUT / (path.stem + ".jpg"), quality=82, optimize=True)
    return path.name


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    with Pool() as pool:
        for n, name in enumerate(pool.imap_unordered(shrink, Path(sys.argv[1]).glob("*.png")), 1):
            print(n, name)
