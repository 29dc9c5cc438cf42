from pathlib import Path
import subprocess

chapters = sorted(Path("chapters").glob("[0-9]*.md"))
if not chapters:
    raise SystemExit("no chapters")
Path("out").mkdir(exist_ok=True)
common = ["pandoc", "--toc", "--number-sections", "--metadata-file=book.yaml", *map(str, chapters)]
for kind in ("epub", "pdf", "html"):
    extra = ["--pdf-engine=xelatex"] if kind == "pdf" else ["--standalone"] if kind == "html" else []
    subprocess.run([*common, *extra, "-o", f"out/book.{kind}"], check=True)
    print("out/book." + kind)
