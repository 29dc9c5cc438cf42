import importlib
import os

BACKENDS = {
    "memory": "notes.storage.memory",
    "sqlite": "notes.storage.sqlite",
    "postgres": "notes.storage.postgres",
}


def storage():
    name = os.environ.get("NOTES_STORAGE", "sqlite")
    try:
        module = importlib.import_module(BACKENDS[name])
    except KeyError:
        raise SystemExit(f"NOTES_STORAGE={name}: one of {', '.join(BACKENDS)}") from None
    return module.Storage.from_environment()


with storage() as s:
    print(s.count())
