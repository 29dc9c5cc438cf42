from pathlib import Path


class OutsideWorkspace(ValueError):
    pass


class Files:
    def __init__(self, root: str):
        self.root = Path(root).resolve()

    def _inside(self, name: str) -> Path:
        path = (self.root / name).resolve()
        if not path.is_relative_to(self.root):
            raise OutsideWorkspace(name)
        return path

    def read(self, name: str, first: int = 1, last: int = 400) -> str:
        lines = self._inside(name).read_text(errors="replace").splitlines()
        return "\n".join(f"{n}\t{line}" for n, line in enumerate(lines[first - 1 : last], first))

    def write(self, name: str, text: str) -> str:
        path = self._inside(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return f"wrote {len(text)} characters"

    def replace(self, name: str, old: str, new: str) -> str:
        path = self._inside(name)
        text = path.read_text()
        if text.count(old) != 1:
            return f"expected one match, found {text.count(old)}"
        path.write_text(text.replace(old, new))
        return "ok"

    def delete(self, name: str) -> str:
        self._inside(name).unlink()
        return "deleted"
