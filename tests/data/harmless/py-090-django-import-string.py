from importlib import import_module


def import_string(dotted):
    """Give the attribute that a path such as ``pkg.mod.Class`` names."""
    path, dot, name = dotted.rpartition(".")
    if not dot:
        raise ImportError(f"{dotted} is no dotted path")
    module = import_module(path)
    try:
        return getattr(module, name)
    except AttributeError as problem:
        raise ImportError(f"{path} has no {name}") from problem


class Middleware:
    def __init__(self, settings):
        self.chain = [import_string(p)(settings) for p in settings["MIDDLEWARE"]]

    def __call__(self, request):
        for layer in self.chain:
            request = layer(request)
        return request
