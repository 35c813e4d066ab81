"""What a person writes of an SMTP credential, and what is wrong with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from django.utils.translation import gettext as _

from accounts.address_words import words_of
from accounts.exceptions import BadCredential
from accounts.models import Membership, SendingDomain, SmtpCredential
from accounts.models.stream import Stream
from accounts.services.networks import networks_of, refuse_long
from relay_saas.mail.addresses import BadAddress, parse_address
from relay_saas.mail.from_pattern import BadPattern, domain_of, parse_pattern
from relay_saas.web.problems import FieldProblem, pointer_to

MAX_NAME: Final = 60
MAX_LIMIT: Final = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialDraft:
    """`allowed_from` empty: every verified domain; `networks` empty: from everywhere; limits None: none."""

    name: str
    allowed_from: Sequence[str] = ()
    networks: Sequence[str] = ()
    stream: Stream = Stream.TRANSACTIONAL
    track_opens: bool = False
    track_clicks: bool = False
    rate_per_minute: int | None = None
    daily_limit: int | None = None
    bounce_notice: str = ""


def values_of(draft: CredentialDraft, kept: SmtpCredential | None = None) -> dict[str, Any]:
    """The columns' values, in the tenant's scope; raises BadCredential with every problem.

    What `kept` holds already is not looked at again: a pattern may name a domain that is gone by now.
    """
    problems: list[FieldProblem] = []
    values: dict[str, Any] = {
        "name": _name(draft, problems),
        "allowed_from": _patterns(draft, problems),
        "networks": networks_of(draft.networks, problems),
        "stream": draft.stream,
        "track_opens": draft.track_opens,
        "track_clicks": draft.track_clicks,
        "rate_per_minute": draft.rate_per_minute,
        "daily_limit": draft.daily_limit,
        "bounce_notice": _bounce_notice(draft, problems),
    }
    problems += _choices(draft)
    if kept is not None:
        stays = {name: getattr(kept, name) for name in values if getattr(kept, name) == _listed(draft, name)}
        values |= stays
        problems = [one for one in problems if one.pointer.split("/")[1] not in stays]
    if problems:
        raise BadCredential(errors=problems)
    return values


def draft_of(credential: SmtpCredential, **changes: Any) -> CredentialDraft:
    """What stands there, but for `changes`."""
    names = [one.name for one in fields(CredentialDraft)]
    return CredentialDraft(**{name: getattr(credential, name) for name in names} | changes)


def may_be_told(address: str) -> bool:
    """Whether reports may go to this address: a member's own, or one below a verified domain.

    Anything else could be a stranger's. Asked in the tenant's scope, and again before every report.
    """
    try:
        wanted = parse_address(address)
    except BadAddress:
        return False
    verified = SendingDomain.objects.filter(name=wanted.domain, state=SendingDomain.State.VERIFIED)
    members = Membership.objects.filter(user__email__iexact=str(wanted), user__is_active=True)
    return verified.exists() or members.exists()


def _listed(draft: CredentialDraft, name: str) -> object:
    value = getattr(draft, name)
    return list(value) if isinstance(value, (list, tuple)) else value


def _name(draft: CredentialDraft, problems: list[FieldProblem]) -> str:
    name = " ".join(draft.name.split())
    if not name or len(name) > MAX_NAME or not name.isprintable():
        detail = _("Give it a name of 1 to %(most)s characters.") % {"most": MAX_NAME}
        problems.append(FieldProblem(pointer="/name", code="bad_name", detail=detail))
    return name


def _patterns(draft: CredentialDraft, problems: list[FieldProblem]) -> list[str]:
    found: dict[str, None] = {}
    own = set(SendingDomain.objects.values_list("name", flat=True))
    for index, text in enumerate(draft.allowed_from):
        pointer = pointer_to("/allowed_from", index)
        try:
            pattern = parse_pattern(text)
        except BadPattern as error:
            problems.append(
                FieldProblem(pointer=pointer, code=error.code, detail=_pattern_words(text, error))
            )
            continue
        if domain_of(pattern) not in own:
            detail = _("%(name)s is none of your sending domains. Add it there first, then verify it.")
            detail %= {"name": domain_of(pattern)}
            problems.append(FieldProblem(pointer=pointer, code="domain_unknown", detail=detail))
        found[pattern] = None
    refuse_long(len(found), "/allowed_from", problems)
    return list(found)


def _pattern_words(text: str, error: BadPattern) -> str:
    if error.code == "domain_wildcard":
        return _("%(text)s: the wildcard * may stand before the @ only.") % {"text": text[:100]}
    return _("%(text)s is neither an address, nor a domain, nor a pattern like *@news.example.com.") % {
        "text": text[:100]
    }


def _bounce_notice(draft: CredentialDraft, problems: list[FieldProblem]) -> str:
    text = draft.bounce_notice.strip()
    if not text:
        return ""
    try:
        address = str(parse_address(text))
    except BadAddress as error:
        detail = _("This is not an address that mail can use: %(problem)s") % {"problem": words_of(error)}
        problems.append(FieldProblem(pointer="/bounce_notice", code="bad_address", detail=detail))
        return ""
    if not may_be_told(address):
        detail = _("Reports go only to a member’s address, or to one at a verified domain of yours.")
        problems.append(FieldProblem(pointer="/bounce_notice", code="not_your_address", detail=detail))
    return address


def _choices(draft: CredentialDraft) -> Iterator[FieldProblem]:
    if draft.stream is Stream.SYSTEM:
        detail = _("Choose transactional or marketing.")
        yield FieldProblem(pointer="/stream", code="bad_stream", detail=detail)
    for name in ("rate_per_minute", "daily_limit"):
        value = getattr(draft, name)
        if value is not None and not 1 <= value <= MAX_LIMIT:
            detail = _("Give a whole number from 1, or leave it empty.")
            yield FieldProblem(pointer=f"/{name}", code="bad_limit", detail=detail)
