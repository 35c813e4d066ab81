"""What the routes read from their URL: prefixed ids and limits."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from relay_saas.mail.ids import BadId, parse_id
from relay_saas.web.errors import NotFound, RelayError
from relay_saas.web.problems import FieldProblem


class BadParameter(RelayError):
    """The query names something that this route does not take."""

    code = "bad_parameter"
    status = 400
    message = _("The query holds an unknown parameter or a bad value.")


def submission_id_of(text: str) -> UUID:
    """The id in `em_…`; raises NotFound, as for an id that never existed."""
    try:
        return parse_id("em", text)
    except BadId as error:
        raise NotFound from error


def read_limit(text: str | None, most: int) -> int:
    """A whole number from 1, at most `most`; raises BadParameter."""
    if text is None:
        return most
    if not text.isascii() or not text.isdecimal() or len(text) > 9 or int(text) == 0:
        raise BadParameter(errors=[parameter_problem("limit")])
    return min(int(text), most)


def parameter_problem(name: str) -> FieldProblem:
    """Names a parameter of the query."""
    return FieldProblem(pointer="", code="bad_parameter", detail=name[:100])
