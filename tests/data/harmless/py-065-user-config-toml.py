import os
import tomllib
from pathlib import Path

DEFAULTS = {"theme": "light", "editor": "vi", "sync": {"every": 300}}


def config_home() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def load() -> dict:
    path = config_home() / "notes" / "config.toml"
    try:
        with path.open("rb") as f:
            return DEFAULTS | tomllib.load(f)
    except FileNotFoundError:
        return DEFAULTS


print(load())
