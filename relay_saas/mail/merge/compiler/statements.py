"""The nodes of a parsed template as statements of the generated function."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from liquid.ast import BlockNode, Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import primitive
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.assign_tag import AssignNode
from liquid.builtin.tags.capture_tag import CaptureNode
from liquid.builtin.tags.case_tag import CaseNode, MultiExpressionBlockNode
from liquid.builtin.tags.comment_tag import CommentNode
from liquid.builtin.tags.for_tag import BreakNode, ContinueNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.unless_tag import UnlessNode

from relay_saas.mail.merge import limits
from relay_saas.mail.merge.compiler.expressions import Expressions, Miss, NotCompilable
from relay_saas.mail.merge.compiler.runtime import Form
from relay_saas.mail.merge.compiler.source import Loop, Source
from relay_saas.mail.merge.filters import CALL_WORK

#: Python nests at most 20 loops; the interpreter's own limit of depth is near as well
OPEN_LOOPS = 8


class Statements:
    """Writes nodes into a source."""

    def __init__(self, source: Source, expressions: Expressions, form: Form) -> None:
        self._source = source
        self._expressions = expressions
        self._form = form

    def nodes(self, nodes: Iterable[Node]) -> None:
        """All of them in their order; neighbouring texts become one."""
        kept = (node for node in nodes if not isinstance(node, CommentNode))
        for static, run in groupby(kept, lambda node: isinstance(node, ContentNode)):
            if static:
                # the lexer may have cut the text at any character
                self._text("".join(node.text for node in run if isinstance(node, ContentNode)))
            else:
                for node in run:
                    self._node(node)

    def _node(self, node: Node) -> None:
        for kinds, write in _WRITERS:
            if isinstance(node, kinds):
                write(self, node)
                return
        raise NotCompilable(type(node).__name__)

    def _text(self, text: str) -> None:
        if text:
            piece = self._form.static(text) if self._source.main else text
            self._source.put_static(self._source.constant(piece), len(piece))

    def _output(self, node: OutputNode) -> None:
        value = self._expressions.value(node.expression, Miss.DEOPT)
        html = self._expressions.html
        text = f"escape({value})" if html else value
        other = f"{value} if type({value}) is Markup else string({value})" if html else f"string({value})"
        name = self._source.fresh("s")
        self._source.line(
            f"{name} = {text} if type({value}) is str else str({value}) if type({value}) is int else {other}"
        )
        if self._form.dynamic is not None and self._source.main:
            self._source.line(f"{name} = dynamic({name})")
        self._source.put_value(name)

    def _assign(self, node: AssignNode) -> None:
        self._keep(node.name, self._expressions.value(node.expression))

    def _capture(self, node: CaptureNode) -> None:
        source = self._source
        source.flush()
        pieces = source.fresh("o")
        source.line(f"{pieces} = []")
        with source.sink(None if node.block.blank else pieces):
            self.nodes(node.block.nodes)
        self._keep(node.name, f"captured({pieces})")

    def _keep(self, name: str, value: str) -> None:
        local = self._expressions.assigned[str(name)]
        self._source.line(f"{local} = {value}")
        # never less than the interpreter counts: it forgets what was overwritten
        self._source.line(f"z += size({local}, 1)")
        self._source.line("if z > LOCALS: raise Deopt")

    def _if(self, node: Any) -> None:
        source = self._source
        source.flush()
        depth = source.depth
        negation = "not " if isinstance(node, UnlessNode) else ""
        with source.block(f"if {negation}({self._expressions.condition(node.condition)}):"):
            self._block(node.consequence)
        for alternative in node.alternatives:
            source.line("else:")
            source.depth += 1
            with source.block(f"if {self._expressions.condition(alternative.expression)}:"):
                self._block(alternative.block)
        if node.default:
            with source.block("else:"):
                self._block(node.default)
        source.depth = depth

    def _case(self, node: CaseNode) -> None:
        source, expressions = self._source, self._expressions
        source.flush()
        otherwise = source.fresh("b")
        source.line(f"{otherwise} = True")
        for block in node.blocks:
            if not isinstance(block, MultiExpressionBlockNode):
                with source.block(f"if {otherwise}:"):
                    self._block(block)
                continue
            left = expressions.value(block.expression.left)
            tests = [expressions.equal(left, item) for item in block.expression.expressions]
            hits = source.fresh("b")
            source.line(f"{hits} = sum(({', '.join(tests)},))")
            with source.block(f"if {hits}:"):
                # the library renders such a block twice
                source.line(f"if {hits} != 1: raise Deopt")
                source.line(f"{otherwise} = False")
                self._block(block.block)

    def _for(self, node: limits.LimitedFor) -> None:
        source, expression = self._source, node.expression
        loops = self._expressions.loops
        named = expression.identifier in ("forloop", "partial")
        if isinstance(expression.offset, primitive.StringLiteral) or len(loops) >= OPEN_LOOPS or named:
            raise NotCompilable("an unusual loop")
        source.flush()
        values = [self._expressions.value(expression.iterable)]
        values += [
            self._expressions.value(item) if item else "MISSING"
            for item in (expression.limit, expression.offset)
        ]
        items, item = source.fresh("l"), source.fresh("x")
        loop = Loop(position=source.fresh("i"), length=source.fresh("n"))
        source.line(f"{items}, {loop.length} = loop_over({', '.join(values)}, {bool(expression.reversed)})")
        with source.block(f"if {loop.length}:"):
            source.line(f"p += {loop.length}")
            product = " * ".join([loop.length, *(outer.length for outer in loops)])
            source.line(f"if {product} > PASSES or p > TOTAL: raise Deopt")
            charge = source.reserve()
            loops.append(loop)
            self._expressions.scope.append({"forloop": len(loops) - 1, str(expression.identifier): item})
            with source.block(f"for {loop.position}, {item} in enumerate({items}):"):
                self._block(node.block)
            self._expressions.scope.pop()
            loops.pop()
            body = node.block.cost if isinstance(node.block, limits.CountedBlock) else 0
            source.fill(charge, f"w.charge({loop.length} * {body + CALL_WORK * loop.inlined})")
        if node.default:
            with source.block("else:"):
                self._block(node.default)

    def _leave(self, node: Node) -> None:
        self._source.flush()
        if not self._expressions.loops:
            self._source.line("raise Deopt")
        else:
            self._source.line("break" if isinstance(node, BreakNode) else "continue")

    def _block(self, block: BlockNode) -> None:
        self._source.line("pass")
        if block.blank:
            with self._source.sink(None):
                self.nodes(block.nodes)
        else:
            self.nodes(block.nodes)
            self._source.flush()


_WRITERS: tuple[tuple[type[Node] | tuple[type[Node], ...], Any], ...] = (
    (OutputNode, Statements._output),
    (AssignNode, Statements._assign),
    (CaptureNode, Statements._capture),
    ((IfNode, UnlessNode), Statements._if),
    (CaseNode, Statements._case),
    (limits.LimitedFor, Statements._for),
    ((BreakNode, ContinueNode), Statements._leave),
)
