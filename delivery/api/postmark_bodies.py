"""Postmark's request bodies, and its words for what is wrong."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from django.utils.translation import gettext as _
from rest_framework import serializers

from campaigns.models import Template
from delivery.api.foreign import Anything, LooseFile, LooseText, file_of, mailboxes, sender, texts
from delivery.api.specs import Caller, TemplateUse, filled_in, written
from delivery.exceptions import BadSubmission
from delivery.models.stream import Stream
from delivery.services.submission_spec import SubmissionSpec
from relay_saas.web.errors import RelayError
from relay_saas.web.prefixed import number_or_zero
from relay_saas.web.problems import FieldProblem

#: Names of message streams.
_STREAMS: Final = {
    "outbound": Stream.TRANSACTIONAL,
    "transactional": Stream.TRANSACTIONAL,
    "broadcast": Stream.MARKETING,
    "broadcasts": Stream.MARKETING,
    "marketing": Stream.MARKETING,
}
#: Our code -> HTTP status and Postmark's code.
_CODES: Final = {
    "bad_api_key": (401, 10),
    "permission_denied": (401, 10),
    "bad_json": (422, 402),
    "bad_encoding": (422, 402),
    "not_an_object": (422, 402),
    "body_too_large": (413, 413),
    "domain_not_verified": (422, 400),
    "domain_of_another_stream": (422, 400),
    "sender_not_allowed": (422, 400),
    "unknown_stream": (422, 1235),
    "unknown_template": (422, 1101),
    "template_not_rendered": (422, 1109),
    "inactive_recipient": (422, 406),
    "rate_limited": (429, 429),
    "no_egress": (503, 100),
}
_INVALID: Final = 300
_FIELDS: Final = {"from": "From", "to": "To", "cc": "Cc", "bcc": "Bcc", "reply_to": "Reply-To"}


class PostmarkHeader(serializers.Serializer[Any]):
    """One header field."""

    Name = LooseText(default="")
    Value = LooseText(default="")


class PostmarkAttachment(serializers.Serializer[Any]):
    """One file."""

    Name = LooseText()
    Content = LooseFile()
    ContentType = LooseText()
    ContentID = LooseText()


class PostmarkEmail(serializers.Serializer[Any]):
    """The body of `/postmark/email` and of an item of its batches; what it does not know is ignored."""

    From = LooseText()
    To = LooseText()
    Cc = LooseText()
    Bcc = LooseText()
    ReplyTo = LooseText()
    Subject = LooseText()
    Tag = LooseText()
    HtmlBody = LooseText()
    TextBody = LooseText()
    Metadata = serializers.DictField(required=False, allow_null=True, default=None)
    Headers = PostmarkHeader(many=True, required=False, allow_null=True, default=None)
    Attachments = PostmarkAttachment(many=True, required=False, allow_null=True, default=None)
    TrackOpens = serializers.BooleanField(required=False, allow_null=True, default=None)
    TrackLinks = LooseText()
    MessageStream = LooseText()
    TemplateId = Anything(required=False, allow_null=True, default=None)
    TemplateAlias = LooseText()
    TemplateModel = serializers.DictField(required=False, allow_null=True, default=None)


class PostmarkBatch(serializers.Serializer[Any]):
    """The body of `/postmark/email/batchWithTemplates`."""

    Messages = serializers.ListField(child=serializers.DictField(), allow_empty=False)


def spec_of(data: Mapping[str, Any], caller: Caller) -> SubmissionSpec:
    """The spec of a valid body; raises BadSubmission, TemplateNotRendered."""
    links = data["TrackLinks"]
    spec = SubmissionSpec(
        from_=sender(data["From"]),
        to=mailboxes(data["To"], "/to"),
        cc=mailboxes(data["Cc"], "/cc"),
        bcc=mailboxes(data["Bcc"], "/bcc"),
        reply_to=written(mailboxes(data["ReplyTo"], "/reply_to")),
        subject=data["Subject"] or "",
        html=data["HtmlBody"] or None,
        text=data["TextBody"] or None,
        headers=tuple((one["Name"] or "", one["Value"] or "") for one in data["Headers"] or ()),
        attachments=tuple(
            file_of(one["Name"], one["ContentType"], one["Content"], one["ContentID"])
            for one in data["Attachments"] or ()
        ),
        tags=(data["Tag"],) if data["Tag"] else (),
        metadata=texts(data["Metadata"]),
        stream=_stream(data["MessageStream"]),
        track_opens=data["TrackOpens"],
        track_clicks=None if links is None else links != "None",
        channel="api",
        api_key_id=caller.key.key_id,
        request_id=caller.request_id,
    )
    return spec if _name_of(data) is None else _with_template(spec, data, caller)


def _stream(name: str | None) -> Stream:
    found = _STREAMS.get((name or "outbound").lower())
    if found is None:
        detail = _("There is no message stream of this name: outbound and broadcast are known.")
        where = FieldProblem(pointer="/stream", code="unknown_stream", detail=detail)
        raise BadSubmission("bad_message", errors=[where])
    return found


def _name_of(data: Mapping[str, Any]) -> str | None:
    found = data["TemplateAlias"] or data["TemplateId"]
    return None if found is None else str(found)


def _with_template(spec: SubmissionSpec, data: Mapping[str, Any], caller: Caller) -> SubmissionSpec:
    """A template is named by its id (`tpl_…`) or by its name, which is the subject where none is given."""
    name = str(_name_of(data))
    found = Template.objects.filter(archived_at=None)
    row = found.filter(pk=number_or_zero("tpl", name)).first() or found.filter(name=name).first()
    number = 0 if row is None else row.pk
    title = spec.subject or ("" if row is None else row.name)
    use = TemplateUse(template_id=number, variables=data["TemplateModel"] or {})
    return filled_in(replace_subject(spec, title), use, caller)


def replace_subject(spec: SubmissionSpec, subject: str) -> SubmissionSpec:
    """The spec without bodies of its own."""
    return replace(spec, subject=subject, html=None, text=None)


def refusal(error: RelayError, data: Any = None) -> tuple[int, dict[str, Any]]:
    """HTTP status and Postmark's answer to what was refused."""
    codes = [error.code, *(problem.code for problem in error.errors)]
    status, number = next((_CODES[code] for code in codes if code in _CODES), (422, _INVALID))
    return status, {"ErrorCode": number, "Message": _message(error, number, data)}


def inactive(addresses: list[str]) -> str:
    """Postmark's sentence about recipients that get nothing; its clients read the addresses out of it."""
    return (
        f"inactive addresses: {', '.join(addresses)}. Inactive recipients are ones that have generated a "
        "hard bounce, a spam complaint, or a manual suppression."
    )


def _message(error: RelayError, number: int, data: Any) -> str:
    if number == 10:
        return "The Server Token you provided in the X-Postmark-Server-Token request header was invalid."
    for problem in error.errors:
        field = _FIELDS.get(problem.pointer.split("/")[1] if "/" in problem.pointer else "")
        if number == _INVALID and field is not None:
            return f"Invalid '{field}' address: '{_address_at(problem, data)}'. {problem.detail}"
    return " ".join([str(error), *(str(problem.detail) for problem in error.errors)])


def _address_at(problem: FieldProblem, data: Any) -> str:
    steps = problem.pointer.split("/")[1:]
    name = {"reply_to": "ReplyTo"}.get(steps[0], steps[0].capitalize())
    try:
        found = mailboxes(data[name], "")
        return found[int(steps[1])].address if len(steps) > 1 and steps[1].isdecimal() else str(data[name])
    except (KeyError, IndexError, TypeError, RelayError):
        return ""
