"""The root of the mail core's errors: each carries a machine `code` and a sentence for people."""

from collections.abc import Mapping
from typing import ClassVar


class MailError(ValueError):
    """A value that mail cannot carry; subclasses list their codes in `reasons`."""

    reasons: ClassVar[Mapping[str, str]] = {}

    def __init__(self, code: str) -> None:
        super().__init__(self.reasons.get(code, code))
        self.code = code

    def __reduce__(self) -> tuple[type["MailError"], tuple[str]]:
        # a worker process hands its errors back pickled, and the sentence alone does not rebuild them
        return type(self), (self.code,)
