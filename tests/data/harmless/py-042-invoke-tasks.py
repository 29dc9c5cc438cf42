import shutil
from pathlib import Path

from invoke import task


@task
def clean(c):
    """Remove what builds leave behind."""
    for pattern in ("build", "dist", ".pytest_cache", "src/*.egg-info"):
        for path in Path(".").glob(pattern):
            shutil.rmtree(path, ignore_errors=True)


@task(pre=[clean])
def build(c):
    c.run("python -m build --wheel")


@task
def docs(c, open=False):
    c.run("sphinx-build -W -b html docs docs/_build/html")
    if open:
        c.run("python -m webbrowser docs/_build/html/index.html")
