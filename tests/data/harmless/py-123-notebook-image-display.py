from base64 import b64encode
from io import BytesIO
from pathlib import Path

from IPython.display import HTML
from PIL import Image


def tag(path, width=160):
    im = Image.open(path)
    im.thumbnail((width, width))
    buffer = BytesIO()
    im.save(buffer, "PNG")
    return f'<img title="{path.name}" src="data:image/png;base64,{b64encode(buffer.getvalue()).decode()}">'


HTML("".join(tag(p) for p in sorted(Path("samples").glob("*.jpg"))[:24]))
