import ast
import operator
import os

OPS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
}
LIMIT = int(os.environ.get("CALC_MAX_POWER", "64"))


def calculate(expression: str) -> float:
    def walk(node):
        match node:
            case ast.Expression(body=body):
                return walk(body)
            case ast.Constant(value=int() | float() as number):
                return number
            case ast.BinOp(left=a, op=op, right=b) if type(op) in OPS:
                x, y = walk(a), walk(b)
                if isinstance(op, ast.Pow) and abs(y) > LIMIT:
                    raise ValueError("power too large")
                return OPS[type(op)](x, y)
            case ast.UnaryOp(op=ast.USub(), operand=a):
                return -walk(a)
        raise ValueError(f"not arithmetic: {ast.dump(node)}")

    return walk(ast.parse(expression, mode="eval"))


print(calculate("2 * (3 + 4) ** 2 - 1"))
