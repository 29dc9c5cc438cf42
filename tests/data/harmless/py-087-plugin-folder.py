import importlib.util
import pathlib
import sys

registry = {}


def command(name):
    def register(fn):
        registry[name] = fn
        return fn

    return register


def load_plugins(folder="plugins"):
    for file in sorted(pathlib.Path(folder).glob("*.py")):
        if file.name.startswith("_"):
            continue
        spec = importlib.util.spec_from_file_location(f"plugins.{file.stem}", file)
        module = importlib.util.module_from_spec(spec)
        module.command = command
        spec.loader.exec_module(module)


load_plugins()
if len(sys.argv) < 2 or sys.argv[1] not in registry:
    sys.exit("commands: " + ", ".join(sorted(registry)))
registry[sys.argv[1]](*sys.argv[2:])
