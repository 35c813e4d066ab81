"""A text part of a message as encoded octets: of a fixed text, or merged for one recipient after another."""

import base64
import binascii

from relay_saas.mail.encoding import (
    Encoding,
    base64_text,
    quoted_closed,
    quoted_lines,
    quoted_text,
    quoted_value,
    shorter_encoding,
)
from relay_saas.mail.merge import Template
from relay_saas.mail.merge.compiler import Form
from relay_saas.mail.merge.merger import Merger

#: static text is encoded once; what is left for each recipient is the values and one join
QUOTED_PRINTABLE = Form(
    static=quoted_lines, dynamic=quoted_value, join=quoted_closed, whole=quoted_text, meaning=binascii.a2b_qp
)
#: base64 has no boundaries between characters to cut at: it is made of the merged text
BASE64 = Form(
    static=str,
    dynamic=None,
    join=lambda pieces: base64_text("".join(pieces)),
    whole=base64_text,
    meaning=base64.b64decode,
)


class MergedPart:
    """One text part of a content."""

    def __init__(self, template: Template) -> None:
        self.encoding: Encoding = shorter_encoding(template.source)
        form = BASE64 if self.encoding == "base64" else QUOTED_PRINTABLE
        self._merger: Merger[bytes] = Merger(template, form)

    def octets(self, context: dict[str, object]) -> bytes:
        """The encoded part for one recipient; it ends with CRLF. Raises RenderProblem."""
        return self._merger.merge(context)
