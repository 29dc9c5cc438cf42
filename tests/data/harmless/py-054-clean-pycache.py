import os, shutil

for folder, dirs, files in os.walk("."):
    if ".git" in dirs:
        dirs.remove(".git")
    for d in list(dirs):
        if d in ("__pycache__", ".mypy_cache", ".ruff_cache"):
            shutil.rmtree(os.path.join(folder, d))
            dirs.remove(d)
    for f in files:
        if f.endswith((".pyc", ".pyo")):
            os.remove(os.path.join(folder, f))
