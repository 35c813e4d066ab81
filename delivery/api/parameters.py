"""What the routes read from their URL: prefixed ids."""

from uuid import UUID

from relay_saas.mail.ids import BadId, parse_id
from relay_saas.web.errors import NotFound


def submission_id_of(text: str) -> UUID:
    """The id in `em_…`; raises NotFound, as for an id that never existed."""
    try:
        return parse_id("em", text)
    except BadId as error:
        raise NotFound from error
