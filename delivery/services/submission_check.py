"""Checks a submission whole before anything of it is written, and names every problem by JSON pointer."""

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from django.utils.translation import gettext as _

from delivery.services.submission_spec import SubmissionSpec
from relay_saas.mail.addresses import BadAddress, parse_address
from relay_saas.mail.exceptions import MailError
from relay_saas.mail.headers import BadHeader, check_header_value
from relay_saas.mail.message import (
    Attachment,
    Draft,
    build,
    from_field,
    reply_to_field,
    subject_field,
)
from relay_saas.web.problems import FieldProblem, pointer_to

MAX_RECIPIENTS: Final = 50
MAX_BODY: Final = 1_000_000
MAX_ATTACHMENTS: Final = 10_000_000
MAX_FILES: Final = 50
MAX_HEADERS: Final = 50
MAX_TAGS: Final = 10
MAX_METADATA: Final = 20
_TAG: Final = 64
_VALUE: Final = 500
#: What the relay itself writes into marketing mail; a second one would be read differently by each program.
OWN_HEADERS: Final = frozenset({"list-unsubscribe", "list-unsubscribe-post", "list-id", "feedback-id"})

#: A message in which one part at a time is replaced by the caller's: the builder is the one judge of what
#: mail can carry.
_BLANK: Final = Draft(
    from_address="a@example.test",
    to_address="b@example.test",
    subject="",
    text="",
    message_id="0@example.test",
    date=datetime(2000, 1, 1, tzinfo=UTC),
)


def problems_of(spec: SubmissionSpec) -> list[FieldProblem]:
    """Everything that is wrong with `spec`, in the order of the request's fields; empty if nothing is."""
    return [
        *_mailboxes(spec),
        *_texts(spec),
        *_headers(spec),
        *_files(spec),
        *marks_problems(spec.tags, spec.metadata),
    ]


def _mailboxes(spec: SubmissionSpec) -> Iterator[FieldProblem]:
    try:
        parse_address(spec.from_.address)
    except BadAddress as error:
        yield _problem("/from/email", error)
    else:
        yield from _refused("/from/name", from_field, spec.from_.name, spec.from_.address)
    for field in ("to", "cc", "bcc"):
        for index, mailbox in enumerate(getattr(spec, field)):
            pointer = pointer_to(f"/{field}", index)
            try:
                parse_address(mailbox.address)
            except BadAddress as error:
                yield _problem(f"{pointer}/email", error)
            try:
                check_header_value(mailbox.name)
            except BadHeader as error:
                yield _problem(f"{pointer}/name", error)
    if spec.reply_to:
        yield from _refused("/reply_to", reply_to_field, spec.reply_to)
    if not spec.to:
        yield FieldProblem(pointer="/to", code="required", detail=_("Name at least one recipient."))
    if len(spec.recipients) > MAX_RECIPIENTS:
        detail = _("A message has at most %(limit)s recipients.") % {"limit": MAX_RECIPIENTS}
        yield FieldProblem(pointer="/to", code="too_many_recipients", detail=detail)


def _texts(spec: SubmissionSpec) -> Iterator[FieldProblem]:
    yield from _refused("/subject", subject_field, spec.subject)
    if spec.html is None and spec.text is None:
        yield FieldProblem(pointer="", code="no_body", detail=_("Give the message a text or an HTML part."))
    for field, value in (("html", spec.html), ("text", spec.text)):
        if value is None:
            continue
        octets = _octets(value)
        if octets is None:
            yield FieldProblem(
                pointer=f"/{field}", code="bad_text", detail=_("The text is not valid Unicode.")
            )
        elif octets > MAX_BODY:
            yield FieldProblem(pointer=f"/{field}", code="too_large", detail=_("At most 1 MB."))


def _headers(spec: SubmissionSpec) -> Iterator[FieldProblem]:
    if not spec.headers:
        return
    if len(spec.headers) > MAX_HEADERS:
        yield FieldProblem(pointer="/headers", code="too_many", detail=_("Too many headers."))
        return
    found = []
    for index, header in enumerate(spec.headers):
        pointer = pointer_to("/headers", index)
        if header[0].lower() in OWN_HEADERS:
            found.append(_problem(pointer, BadHeader("reserved")))
        else:
            found += _refusal(pointer, headers=[header])
    yield from found or _refusal("/headers", headers=spec.headers)


def _files(spec: SubmissionSpec) -> Iterator[FieldProblem]:
    if not spec.attachments:
        return
    if len(spec.attachments) > MAX_FILES:
        yield FieldProblem(pointer="/attachments", code="too_many", detail=_("Too many attachments."))
        return
    if sum(len(file.content) for file in spec.attachments) > MAX_ATTACHMENTS:
        detail = _("All attachments together may have 10 MB.")
        yield FieldProblem(pointer="/attachments", code="too_large", detail=detail)
    # The content is only encoded, it cannot be wrong.
    parts = [
        Attachment(name=file.name, content_type=file.content_type, content=b"", content_id=file.content_id)
        for file in spec.attachments
    ]
    found: list[FieldProblem] = []
    for index, part in enumerate(parts):
        found += _refusal(pointer_to("/attachments", index), html="", attachments=[part])
    yield from found or _refusal("/attachments", html="", attachments=parts)


def marks_problems(tags: Sequence[str], metadata: Mapping[str, str]) -> Iterator[FieldProblem]:
    """What is wrong with tags and metadata."""
    tags_fit = all(0 < len(tag) <= _TAG and _printable(tag) for tag in tags)
    if len(tags) > MAX_TAGS or not tags_fit:
        detail = _("At most 10 tags of 1 to 64 printable characters each.")
        yield FieldProblem(pointer="/tags", code="bad_tags", detail=detail)
    pairs = metadata.items()
    pairs_fit = all(
        0 < len(key) <= _TAG and _printable(key) and len(value) <= _VALUE and _octets(value) is not None
        for key, value in pairs
    )
    if len(pairs) > MAX_METADATA or not pairs_fit:
        detail = _("At most 20 entries, names of 1 to 64 printable characters, values of at most 500.")
        yield FieldProblem(pointer="/metadata", code="bad_metadata", detail=detail)


def _refused(pointer: str, judge: Callable[..., object], *parts: str) -> Iterator[FieldProblem]:
    try:
        judge(*parts)
    except MailError as error:
        yield _problem(pointer, error)


def _refusal(pointer: str, **parts: Any) -> Iterator[FieldProblem]:
    try:
        build(replace(_BLANK, **parts))
    except MailError as error:
        yield _problem(pointer, error)


def _problem(pointer: str, error: MailError) -> FieldProblem:
    return FieldProblem(pointer=pointer, code=error.code, detail=str(error))


def _printable(value: str) -> bool:
    return not any(unicodedata.category(character) in {"Cc", "Cs"} for character in value)


def _octets(value: str) -> int | None:
    """In UTF-8; None for what PostgreSQL cannot keep as text."""
    try:
        return None if "\0" in value else len(value.encode())
    except UnicodeEncodeError:
        return None
