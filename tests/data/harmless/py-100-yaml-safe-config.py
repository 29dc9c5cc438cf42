import ast
import yaml


def literal(text):
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


with open("settings.yaml") as f:
    settings = yaml.safe_load(f)

for name, value in settings.items():
    print(name, "=", repr(literal(value) if isinstance(value, str) else value))
