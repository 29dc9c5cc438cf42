# %% [markdown]
# ## Get the data
# %%
from pathlib import Path
from urllib.request import urlretrieve
from zipfile import ZipFile

DATA = Path("data")
DATA.mkdir(exist_ok=True)
archive = DATA / "iris.zip"
if not archive.exists():
    urlretrieve("https://archive.ics.uci.edu/static/public/53/iris.zip", archive)
with ZipFile(archive) as z:
    z.extractall(DATA)
sorted(p.name for p in DATA.iterdir())
