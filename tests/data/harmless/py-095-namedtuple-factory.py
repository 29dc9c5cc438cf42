TEMPLATE = """
class {name}(tuple):
    __slots__ = ()
    def __new__(cls, {args}):
        return tuple.__new__(cls, ({args},))
    def __repr__(self):
        return "{name}(" + ", ".join(f"{{n}}={{v!r}}" for n, v in zip(self._fields, self)) + ")"
"""


def record(name, *fields):
    if not name.isidentifier() or not all(f.isidentifier() for f in fields):
        raise ValueError("names have to be identifiers")
    scope = {}
    exec(TEMPLATE.format(name=name, args=", ".join(fields)), scope)
    cls = scope[name]
    cls._fields = fields
    return cls


def from_header(line, rows):
    cls = record("Row", *line.split(","))
    return [cls(*row.split(",")) for row in rows]
