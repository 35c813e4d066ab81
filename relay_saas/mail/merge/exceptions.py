"""What can be wrong with a template, and with one recipient's rendering of it."""

from liquid import exceptions as liquid
from liquid.token import Token

from relay_saas.mail.source import SourceError, place


class TemplateProblem(SourceError):
    """The template cannot be used for anybody."""


class RenderProblem(SourceError):
    """The template cannot be rendered for this recipient."""


class LimitReachedError(liquid.LiquidError):
    """One of our own limits, raised inside the interpreter, which adds the place."""

    def __init__(self, code: str, message: str, *, token: Token | None = None) -> None:
        super().__init__(message, token=token)
        self.code = code


#: the library's errors and our codes; the first that fits counts
CODES: tuple[tuple[type[Exception], str], ...] = (
    (liquid.UndefinedError, "field_undefined"),
    (liquid.LoopIterationLimitError, "too_many_passes"),
    (liquid.OutputStreamLimitError, "output_too_long"),
    (liquid.LocalNamespaceLimitError, "variables_too_large"),
    (liquid.ResourceLimitError, "nesting_too_deep"),
    (RecursionError, "nesting_too_deep"),
    (liquid.UnknownFilterError, "filter_unknown"),
    (liquid.LiquidValueError, "number_too_large"),
    (liquid.FilterArgumentError, "filter_failed"),
    (liquid.FilterValueError, "filter_failed"),
    (liquid.LiquidTypeError, "wrong_type"),
    (liquid.LiquidSyntaxError, "syntax"),
    (UnicodeError, "not_unicode"),
)


def code_of(error: Exception, other: str) -> str:
    """The stable code of any error that parsing or rendering raised; `other` for one that has none."""
    if isinstance(error, LimitReachedError):
        return error.code
    return next((code for kind, code in CODES if isinstance(error, kind)), other)


def message_of(error: Exception) -> str:
    """The library's sentence; an error of Python itself is only named, its text could quote anything."""
    if isinstance(error, liquid.LiquidError):
        return str(error.message)
    return f"the template fails with {type(error).__name__}"


def place_of(error: Exception, source: str) -> tuple[int, int] | tuple[None, None]:
    """Line and column of `source` where the library saw the error."""
    token = error.token if isinstance(error, liquid.LiquidError) else None
    if token is None:
        return None, None
    if token.start_index < 0:
        # the parser ran into the end, so a block is not closed
        return place(source, len(source))
    return place(source, token.start_index)
