"""The second lock on generated code: it may hold names that we made or listed, and nothing else."""

import ast
import re

#: what the function's namespace offers beside its constants
OFFERED = frozenset((
    "Deopt", "LOOKUP", "MISSING", "LIMIT", "LOCALS", "PASSES", "TOTAL", "BIG", "Undefined", "Markup",
    "Decimal", "escape", "string", "get", "index", "slow", "truthy", "eq", "lt", "le", "contains", "size",
    "loop_over", "dynamic", "join", "captured",
))  # fmt: skip
BUILTINS = ("KeyError", "enumerate", "float", "int", "len", "list", "round", "str", "sum", "type")
ATTRIBUTES = frozenset(("upper", "lower", "capitalize", "strip", "charge"))
MADE = re.compile(r"[abcilnorsvx]\d+|[gnopwz]|render")
NODES = (
    ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Assign, ast.AugAssign,
    ast.Expr, ast.If, ast.For, ast.Try, ast.ExceptHandler, ast.Raise, ast.Pass, ast.Break, ast.Continue,
    ast.Name, ast.Load, ast.Store, ast.Constant, ast.Attribute, ast.Subscript, ast.Call, ast.keyword,
    ast.Tuple, ast.List, ast.Dict, ast.IfExp, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not,
    ast.USub, ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.Gt,
    ast.LtE, ast.GtE, ast.Is, ast.IsNot,
)  # fmt: skip


class ForbiddenCode(Exception):
    """Generated code holds what it must never hold."""


def check(tree: ast.Module) -> None:
    """Raise ForbiddenCode for a node, name, attribute or constant that is not listed."""
    for node in ast.walk(tree):
        allowed = isinstance(node, NODES)
        if isinstance(node, ast.Name):
            allowed = node.id in OFFERED or node.id in BUILTINS or MADE.fullmatch(node.id) is not None
        elif isinstance(node, ast.Attribute):
            allowed = node.attr in ATTRIBUTES
        elif isinstance(node, ast.Constant):
            allowed = node.value is None or isinstance(node.value, (bool, int, float))
        elif isinstance(node, ast.FunctionDef):
            allowed = node.name == "render" and not node.decorator_list
        if not allowed:
            raise ForbiddenCode(ast.dump(node)[:200])
