"""From validated bodies to SubmissionSpecs; templates are filled in here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.services.api_keys import AuthenticatedKey
from campaigns.services.template_render import render
from delivery.api.serializers import STREAMS
from delivery.exceptions import BadSubmission
from delivery.models.stream import Stream
from delivery.services.submission_spec import Mailbox, SubmissionSpec
from relay_saas.web.errors import NotFound
from relay_saas.web.problems import FieldProblem

#: Mail may wait so long at most.
FARTHEST: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whose request it is."""

    key: AuthenticatedKey
    request_id: str

    @property
    def tenant_id(self) -> UUID:
        """The tenant of the key."""
        return self.key.tenant_id


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateUse:
    """A template, and what stands in its places."""

    template_id: int
    variables: Mapping[str, Any]


def spec_of(data: Mapping[str, Any], caller: Caller) -> SubmissionSpec:
    """The spec of a validated body; raises BadSubmission, NotFound, TemplateNotRendered."""
    spec = SubmissionSpec(
        from_=data["from"],
        to=tuple(data["to"]),
        cc=tuple(data.get("cc", ())),
        bcc=tuple(data.get("bcc", ())),
        reply_to=written(data.get("reply_to", ())),
        subject=data["subject"],
        html=data["html"],
        text=data["text"],
        headers=tuple((header["name"], header["value"]) for header in data.get("headers", ())),
        attachments=tuple(data.get("attachments", ())),
        tags=tuple(data.get("tags", ())),
        metadata=data.get("metadata", {}),
        stream=_stream(data),
        topic_id=data["topic"],
        track_opens=data["track_opens"],
        track_clicks=data["track_clicks"],
        send_at=checked_time(data["scheduled_at"]),
        channel="api",
        api_key_id=caller.key.key_id,
        request_id=caller.request_id,
    )
    if data["template"] is None:
        return spec
    if spec.html is not None or spec.text is not None:
        detail = _("A template brings html and text itself.")
        where = FieldProblem(pointer="/template", code="template_and_body", detail=detail)
        raise BadSubmission("bad_message", errors=[where])
    use = TemplateUse(template_id=data["template"]["id"], variables=data["template"].get("variables", {}))
    return filled_in(spec, use, caller)


def _stream(data: Mapping[str, Any]) -> Stream:
    usual = "transactional" if data["topic"] is None else "marketing"
    return STREAMS[data.get("stream", usual)]


def filled_in(spec: SubmissionSpec, use: TemplateUse, caller: Caller) -> SubmissionSpec:
    """The spec with what the template says; raises BadSubmission for one that is not there."""
    try:
        parts = render(
            tenant_id=caller.tenant_id,
            template_id=use.template_id,
            subject=spec.subject,
            variables=use.variables,
            marketing=spec.stream is Stream.MARKETING,
        )
    except NotFound as error:
        detail = _("There is no template of this id.")
        where = FieldProblem(pointer="/template/id", code="unknown_template", detail=detail)
        raise BadSubmission("bad_message", errors=[where]) from error
    return replace(spec, subject=parts.subject, html=parts.html, text=parts.text)


def checked_time(when: datetime | None) -> datetime | None:
    """A time in the past means at once; raises BadSubmission for one too far away."""
    if when is None or when <= timezone.now():
        return None
    if when > timezone.now() + FARTHEST:
        detail = _("Mail can wait for 30 days at most.")
        where = FieldProblem(pointer="/scheduled_at", code="too_far", detail=detail)
        raise BadSubmission("bad_message", errors=[where])
    return when


def written(mailboxes: tuple[Mailbox, ...] | list[Mailbox]) -> str:
    """Mailboxes as people write them, with commas between them."""
    return ", ".join(_written(mailbox) for mailbox in mailboxes)


def _written(mailbox: Mailbox) -> str:
    if not mailbox.name:
        return mailbox.address
    name = mailbox.name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{name}" <{mailbox.address}>'
