"""Limits of the merge language: a hostile template ends quickly and in bounded memory."""

from typing import TextIO

from liquid.ast import BlockNode, Node
from liquid.builtin.expressions.loop import LoopExpression
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.builtin.tags.for_tag import ForNode, ForTag
from liquid.context import RenderContext
from liquid.expression import Expression
from liquid.output import LimitedStringIO
from liquid.stream import TokenStream
from liquid.template import BoundTemplate

from relay_saas.mail.merge.exceptions import LimitReachedError

SOURCE_BYTES = 512 * 1024
#: `{{` and `{%` in one template; parsing takes about 0.1 ms each
TAGS = 5_000
#: from `{{` to `}}` or `{%` to `%}`
TAG_CHARACTERS = 4_000
#: passes of one loop; nested loops multiply
LOOP_PASSES = 500
#: passes of all loops of one render together
TOTAL_PASSES = 1_000
OUTPUT_BYTES = 1_000_000
#: size of all `assign` and `capture` values together
LOCALS_BYTES = 200_000
BLOCK_DEPTH = 30
CONTEXT_DEPTH = 20
FILTER_CHARACTERS = 100_000
LIST_ITEMS = 20_000
INTEGER_BITS = 256
#: characters of text that filters read or write, and of loop bodies walked, in one render
WORK = 5_000_000


class Context(RenderContext):
    """One render: the library limits each nest of loops, this also limits their sum and all work."""

    __slots__ = ("passes", "work")

    def charge(self, characters: int) -> None:
        """Count work; raises LimitReachedError when the render has used up its share."""
        self.work: int = getattr(self, "work", 0) + characters
        if self.work > WORK:
            raise LimitReachedError("too_much_work", "the template does too much work for one message")

    def raise_for_loop_limit(self, length: int = 1) -> None:
        """Called by the library before each loop of `length` passes."""
        super().raise_for_loop_limit(length)
        self.passes: int = getattr(self, "passes", 0) + length
        if self.passes > TOTAL_PASSES:
            raise LimitReachedError(
                "too_many_passes", f"all loops together run more than {TOTAL_PASSES} times"
            )

    def get_buffer(self, buf: TextIO | None = None) -> LimitedStringIO:
        """A buffer for `capture`; unlike the library's it leaves CR alone and shares the output limit."""
        used = buf.size if isinstance(buf, LimitedStringIO) else 0
        return LimitedStringIO(OUTPUT_BYTES - used, newline="\n")


class CountedBlock(BlockNode):
    """The body of a loop, charged by its length in the source at each pass."""

    __slots__ = ("cost",)

    def __init__(self, block: BlockNode) -> None:
        super().__init__(block.token, block.nodes)
        self.cost = 0

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        """Charge, then render as the library does."""
        if isinstance(context, Context):
            context.charge(self.cost)
        return super().render_to_output(context, buffer)


class LimitedFor(ForNode):
    """`for` that measures a range before it can be turned into a list (`reversed` does that)."""

    __slots__ = ()

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        """Refuse a long range, then render as the library does."""
        iterable = self.expression.iterable
        if isinstance(iterable, RangeLiteral):
            numbers = iterable.evaluate(context)
            if numbers.stop - numbers.start > LOOP_PASSES:
                message = f"a loop may run at most {LOOP_PASSES} times"
                raise LimitReachedError("too_many_passes", message, token=self.token)
        return super().render_to_output(context, buffer)


class LimitedForTag(ForTag):
    """Builds `LimitedFor` with a counted body."""

    node_class = LimitedFor

    def parse(self, stream: TokenStream) -> Node:
        """Parse from `for` to `endfor`; the distance is what one pass costs."""
        node = super().parse(stream)
        if isinstance(node, ForNode):
            block = CountedBlock(node.block)
            # twice: a filter of four characters takes as long as eight characters of text work
            block.cost = 2 * (stream.current.start_index - node.token.start_index)
            node.block = block
        return node


class LimitedTemplate(BoundTemplate):
    """The library's template with our context and a buffer that leaves CR alone."""

    context_class = Context

    def _get_buffer(self) -> LimitedStringIO:
        return LimitedStringIO(OUTPUT_BYTES, newline="\n")


def refuse_ranges(parsed: BoundTemplate) -> None:
    """Refuse ranges outside `for`: filters and `contains` would walk through all their numbers."""
    context = RenderContext(parsed)
    nodes = list(parsed.nodes)
    while nodes:
        node = nodes.pop()
        nodes.extend(node.children(context))
        for expression in node.expressions():
            refuse_range_in(expression)


def refuse_range_in(expression: Expression) -> None:
    """Refuse a range that is not what a loop runs over."""
    if isinstance(expression, RangeLiteral):
        raise LimitReachedError(
            "range_misplaced", "a range may only stand in a 'for'", token=expression.token
        )
    for part in expression.children():
        if isinstance(expression, LoopExpression) and part is expression.iterable:
            continue
        refuse_range_in(part)
