import importlib
import platform

OPTIONAL = ["numpy", "pandas", "lxml", "orjson", "uvloop"]

print("python", platform.python_version(), platform.platform())
for name in OPTIONAL:
    try:
        module = importlib.import_module(name)
        print(f"{name:10} {getattr(module, '__version__', 'yes')}")
    except ImportError as e:
        print(f"{name:10} missing ({e.name})")
