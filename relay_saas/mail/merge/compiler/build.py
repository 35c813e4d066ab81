"""From a parsed template to its function: written, checked, built."""

import ast
import builtins
import sys
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, cast

from liquid import Markup
from liquid.ast import Node
from liquid.builtin.expressions import logical
from liquid.builtin.tags.assign_tag import AssignNode
from liquid.builtin.tags.capture_tag import CaptureNode
from liquid.context import RenderContext
from liquid.stringify import to_liquid_string
from liquid.template import BoundTemplate
from markupsafe._speedups import _escape_inner

from relay_saas.mail.merge import limits
from relay_saas.mail.merge.compiler import runtime, whitelist
from relay_saas.mail.merge.compiler.expressions import Expressions, NotCompilable
from relay_saas.mail.merge.compiler.runtime import Budget, Form
from relay_saas.mail.merge.compiler.source import Source
from relay_saas.mail.merge.compiler.statements import Statements
from relay_saas.mail.merge.filters import CALL_WORK

#: nodes of a template; building takes about 0.15 ms each, once a content
NODES = 1_500
#: a number below 2^100, its sums and products stay below limits.INTEGER_BITS
BIG = 2**100

Function = Callable[[dict[str, object]], Any]


def compile_template(parsed: BoundTemplate, form: Form) -> Function:
    """A function of the context that makes what `form` says; it raises any exception where it gives up.

    Raises:
        NotCompilable: only the interpreter can render this template.
    """
    source, function = write(parsed, form)
    try:
        tree = ast.parse(source)
        whitelist.check(tree)
        code = compile(tree, "<template>", "exec")
    except (SyntaxError, RecursionError, MemoryError, whitelist.ForbiddenCode) as error:
        # blocks too deep for Python's own parser
        raise NotCompilable(type(error).__name__) from error
    exec(code, function)  # noqa: S102  # nothing but names and numbers of the white list stands in it
    made = cast("Callable[[dict[str, object], Budget], Any]", function["render"])
    return lambda context: made(context, Budget())


def write(parsed: BoundTemplate, form: Form) -> tuple[str, dict[str, object]]:
    """The source of the function `render`, and the namespace it needs. Raises NotCompilable."""
    source = Source()
    expressions = Expressions(source, parsed.env)
    nodes = list(_walk(parsed.nodes, RenderContext(parsed)))
    if len(nodes) > NODES:
        raise NotCompilable("too many nodes")
    for node in nodes:
        if isinstance(node, (AssignNode, CaptureNode)):
            expressions.assigned.setdefault(str(node.name), f"a{len(expressions.assigned)}")
    statements = Statements(source, expressions, form)
    try:
        statements.nodes(parsed.nodes)
    except RecursionError as error:
        raise NotCompilable("too deep") from error
    source.flush()
    head = ["def render(g, w):", "    o = []", "    n = z = p = 0"]
    head += [f"    {name} = MISSING" for name in expressions.assigned.values()]
    head += [f"    w.charge({expressions.inlined * CALL_WORK})"] if expressions.inlined else []
    return source.text(head), source.namespace | _namespace(parsed, form)


def _walk(nodes: Iterable[Node], context: RenderContext) -> Iterable[Node]:
    open_nodes = list(nodes)
    while open_nodes:
        node = open_nodes.pop()
        yield node
        open_nodes.extend(node.children(context))


def _namespace(parsed: BoundTemplate, form: Form) -> dict[str, object]:
    html = parsed.env.autoescape
    return {
        "__builtins__": {name: getattr(builtins, name) for name in whitelist.BUILTINS},
        "Deopt": runtime.Deopt,
        "LOOKUP": runtime.LOOKUP_ERRORS,
        "MISSING": runtime.MISSING,
        # a character has at most four octets
        "LIMIT": limits.OUTPUT_BYTES // 4,
        "LOCALS": limits.LOCALS_BYTES,
        "PASSES": limits.LOOP_PASSES,
        "TOTAL": limits.TOTAL_PASSES,
        "BIG": BIG,
        "Undefined": parsed.env.undefined,
        "Markup": Markup,
        "Decimal": Decimal,
        "escape": _escape_inner,
        "string": lambda value: to_liquid_string(value, html),
        "get": RenderContext(parsed).get_item,
        "index": runtime.index,
        "slow": runtime.undefined_of(parsed),
        "truthy": logical.is_truthy,
        # the library's own comparisons, so that both say the same
        "eq": logical._eq,
        "lt": logical._lt,
        "le": logical._le,
        "contains": logical._contains,
        "size": sys.getsizeof,
        "loop_over": runtime.loop_over,
        "dynamic": form.dynamic,
        "join": form.join,
        "captured": (lambda pieces: Markup("".join(pieces))) if html else "".join,
    }
