"""Content of API mail: literal text, or literal text with the relay's own links in it (docs/adr/0006)."""

import base64
import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import SendingDomain
from campaigns.models import Content, Link
from delivery.exceptions import BadSubmission
from delivery.models.stream import Stream
from delivery.services.submission_spec import AttachedFile, SubmissionSpec
from relay_saas.mail.link_rewrite import insert_pixel, rewrite
from relay_saas.mail.link_target import BadLink
from relay_saas.mail.merge import TemplateProblem, parse_template
from relay_saas.web.problems import FieldProblem

#: The one placeholder that marketing mail by API may hold.
UNSUBSCRIBE: Final = "unsubscribe_url"
#: A brace that would open a Liquid tag, by itself or together with the tag that replaces the link behind it.
_OPENING: Final = re.compile(r"\{(?=[{%]|https?:)", re.IGNORECASE)
_OPENING_BUT_UNSUBSCRIBE: Final = re.compile(
    rf"(?P<own>\{{\{{ *{UNSUBSCRIBE} *\}}\}})|{_OPENING.pattern}", re.IGNORECASE
)
_BRACE: Final = '{{ "{" }}'


def escape(text: str, *, unsubscribe: bool = False) -> str:
    """A Liquid template that renders to `text`; `unsubscribe` leaves `{{ unsubscribe_url }}` in force."""
    if unsubscribe:
        return _OPENING_BUT_UNSUBSCRIBE.sub(lambda found: found["own"] or _BRACE, text)
    return _OPENING.sub(_BRACE, text)


Targets = list[tuple[int, str]]


def write_content(*, tenant_id: UUID, spec: SubmissionSpec, domain: SendingDomain) -> Content:
    """The content of `spec`, which passed its checks, with its links; in the caller's scope. Raises
    BadSubmission."""
    content, targets = prepare_content(tenant_id=tenant_id, spec=spec, domain=domain)
    content.save(force_insert=True)
    write_links(content, targets)
    return content


def prepare_content(
    *, tenant_id: UUID, spec: SubmissionSpec, domain: SendingDomain
) -> tuple[Content, Targets]:
    """The content of `spec`, which passed its checks, and the targets of its links; nothing is written.

    Without tracking and outside marketing it is literal (`is_template` False) and goes out as it came. Else
    it is a template whose literal text is escaped, so that one path renders everything. Raises BadSubmission.
    """
    tracked = spec.opens_tracked or spec.clicks_tracked
    content = Content(
        tenant_id=tenant_id,
        sending_domain=domain,
        mailing_list_id=spec.topic_id,
        from_name=spec.from_.name,
        from_address=spec.from_.address,
        reply_to=spec.reply_to,
        subject=spec.subject,
        html=spec.html,
        text=spec.text,
        is_template=False,
        track_opens=False,
        track_clicks=False,
        attachments=[_stored(file) for file in spec.attachments],
        headers=[list(header) for header in spec.headers],
    )
    if not tracked and spec.stream is not Stream.MARKETING:
        return content, []
    marked = mark(
        spec.html,
        spec.text,
        marketing=spec.stream is Stream.MARKETING,
        opens=spec.opens_tracked,
        clicks=spec.clicks_tracked,
    )
    content.subject, content.html, content.text = escape(spec.subject), marked.html, marked.text
    content.fields, content.is_template = marked.fields, True
    content.track_opens, content.track_clicks = spec.opens_tracked, spec.clicks_tracked
    return content, marked.targets


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """Literal parts as templates, with the relay's links and pixel in them."""

    html: str | None
    text: str | None
    fields: list[str]
    #: Number and target of each link.
    targets: list[tuple[int, str]]


def mark(html: str | None, text: str | None, *, marketing: bool, opens: bool, clicks: bool) -> Marked:
    """Escapes the parts and puts in what is asked for. Raises BadSubmission for what cannot be tracked."""
    html = None if html is None else escape(html, unsubscribe=marketing)
    text = None if text is None else escape(text, unsubscribe=marketing)
    targets: list[tuple[int, str]] = []
    if clicks:
        html, text, targets = _rewritten(html, text)
    if html is not None and opens:
        html = insert_pixel(html)
    return Marked(html=html, text=text, fields=_fields(html, text), targets=targets)


def write_links(content: Content, targets: Targets) -> None:
    """The click targets of a content."""
    if not targets:
        return
    Link.objects.bulk_create(
        Link(tenant_id=content.tenant_id, content=content, index=index, target=target)
        for index, target in targets
    )


def _rewritten(html: str | None, text: str | None) -> tuple[str | None, str | None, list[tuple[int, str]]]:
    try:
        both = rewrite(html or "", text or "")
    except BadLink as error:
        raise _refused("/html" if html else "/text", error.code, error.message) from error
    links = [(link.index, link.target) for link in both.links]
    return (None if html is None else both.html), (None if text is None else both.text), links


def _fields(html: str | None, text: str | None) -> list[str]:
    """What the parts read beside the relay's own links; parsing also holds the merge language's limits."""
    names: list[str] = []
    for pointer, source in (("/html", html), ("/text", text)):
        if source is None:
            continue
        try:
            names += parse_template(source, html=pointer == "/html").fields
        except TemplateProblem as error:
            raise _refused(pointer, error.code, error.message) from error
    return [name for name in dict.fromkeys(names) if not name.startswith("relay_")]


def _refused(pointer: str, code: str, message: str) -> BadSubmission:
    detail = _("The links cannot be tracked: %(problem)s") % {"problem": message}
    return BadSubmission("bad_message", errors=[FieldProblem(pointer=pointer, code=code, detail=detail)])


def _stored(file: AttachedFile) -> dict[str, str]:
    stored = {
        "name": file.name,
        "content_type": file.content_type,
        "content": base64.b64encode(file.content).decode(),
    }
    return stored if file.content_id is None else {**stored, "content_id": file.content_id}
