import datetime
import os
import subprocess
import sys

sys.path.insert(0, os.path.abspath("../src"))

project = "notes"
author = "The notes authors"
copyright = f"{datetime.date.today().year}, {author}"
release = os.environ.get("READTHEDOCS_VERSION") or subprocess.getoutput("git describe --tags")
extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.intersphinx", "myst_parser"]
intersphinx_mapping = {"python": ("https://docs.python.org/3", None)}
html_theme = "furo"
if os.environ.get("CI"):
    nitpicky = True
