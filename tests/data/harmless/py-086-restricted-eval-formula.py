import csv
import math
import re

ALLOWED = {name: getattr(math, name) for name in ("sqrt", "floor", "ceil", "log", "pi")}
ALLOWED |= {"min": min, "max": max, "round": round, "sum": sum}
SAFE = re.compile(r"^[\w\s.+\-*/(),%]*$")


def evaluate(formula, row):
    if not SAFE.match(formula) or "__" in formula:
        raise ValueError(f"refused: {formula!r}")
    return eval(formula, {"__builtins__": {}}, {**ALLOWED, **row})


with open("orders.csv", newline="") as f:
    for row in csv.DictReader(f):
        numbers = {k: float(v) for k, v in row.items() if v.replace(".", "", 1).isdigit()}
        print(row["id"], evaluate(row["formula"], numbers))
