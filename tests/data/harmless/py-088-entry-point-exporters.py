import argparse
from importlib.metadata import entry_points

exporters = {e.name: e for e in entry_points(group="notes.exporters")}

parser = argparse.ArgumentParser()
parser.add_argument("format", choices=sorted(exporters) or ["none"])
parser.add_argument("title")
options = parser.parse_args()

exporter = exporters[options.format].load()
print(exporter(title=options.title))
