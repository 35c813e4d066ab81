"""Writes campaigns: their draft may be changed until they are launched, by one person at a time."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final
from uuid import UUID

from accounts.address_words import words_of
from accounts.audit import Actor
from accounts.models.stream import Stream
from accounts.services.stream_domains import with_stream_domain
from accounts.tenancy import tenant_scope
from campaigns.exceptions import BadDraft, CampaignError, DraftChanged, ListGone
from campaigns.models import Campaign, ContactList
from campaigns.services.draft_trail import record_change, record_start
from relay_saas.mail.addresses import BadAddress, parse_address
from relay_saas.mail.source import with_lf
from relay_saas.web.errors import NotFound

#: One line each: they become headers, or one hidden line.
ONE_LINE: Final = frozenset({"name", "subject", "preheader", "from_name", "from_address", "reply_to"})
SOURCES: Final = frozenset({"html_source", "text_source"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignDraft:
    """What a person writes; it may be incomplete and its templates faulty: the launch checks all that."""

    name: str
    mailing_list_id: int | None = None
    #: Without a domain: at the marketing stream's own.
    from_address: str = ""
    subject: str = ""
    html_source: str = ""
    markup: str = Campaign.Markup.MJML
    from_name: str = ""
    reply_to: str = ""
    preheader: str = ""
    #: Empty: made from the HTML.
    text_source: str = ""


def create_campaign(*, tenant_id: UUID, draft: CampaignDraft, actor: Actor) -> Campaign:
    """A campaign in state draft; raises BadDraft, ListGone."""
    with tenant_scope(tenant_id):
        values = _clean(tenant_id, asdict(draft))
        campaign = Campaign.objects.create(tenant_id=tenant_id, created_by_id=actor.user_id, **values)
        record_start(campaign, actor)
    return campaign


def update_campaign(*, tenant_id: UUID, campaign_id: int, draft: CampaignDraft, actor: Actor) -> Campaign:
    """Replaces the draft whatever its version; raises NotFound, BadDraft, ListGone, CampaignError."""
    return save_draft(
        tenant_id=tenant_id, campaign_id=campaign_id, version=None, changes=asdict(draft), actor=actor
    )


def save_draft(
    *, tenant_id: UUID, campaign_id: int, version: int | None, changes: Mapping[str, object], actor: Actor
) -> Campaign:
    """Writes `changes` (names of CampaignDraft) over the draft of that version, which becomes the next one.

    What changes nothing makes no version. Raises NotFound, BadDraft, ListGone, CampaignError once it is
    launched, DraftChanged where the draft has another version by now and says something else.
    """
    with tenant_scope(tenant_id):
        values = _clean(tenant_id, changes)
        campaign = Campaign.objects.select_for_update().filter(pk=campaign_id).first()
        if campaign is None:
            raise NotFound
        refuse_unless_draft(campaign)
        changed = sorted(name for name, value in values.items() if getattr(campaign, name) != value)
        if not changed:
            return campaign
        if version is not None and version != campaign.version:
            raise DraftChanged
        for name in changed:
            setattr(campaign, name, values[name])
        campaign.version += 1
        campaign.save(update_fields=[*changed, "version", "updated_at"])
        record_change(campaign, actor, changed)
    return campaign


def refuse_unless_draft(campaign: Campaign) -> None:
    """Raises CampaignError where the campaign is planned or launched."""
    if campaign.state == Campaign.State.SCHEDULED:
        raise CampaignError("scheduled")
    if campaign.state != Campaign.State.DRAFT:
        raise CampaignError("not_a_draft")


def _clean(tenant_id: UUID, changes: Mapping[str, object]) -> dict[str, object]:
    values = dict(changes)
    for name, value in changes.items():
        if name in ONE_LINE:
            values[name] = " ".join(str(value).split())
        elif name in SOURCES:
            values[name] = with_lf(str(value))
    if any("\x00" in value for value in values.values() if isinstance(value, str)):
        raise BadDraft("nul_character")
    if not values.get("name", "unchanged"):
        raise BadDraft("name_empty")
    if values.get("from_address"):
        values["from_address"] = sender_address(tenant_id, str(values["from_address"]))
    if values.get("reply_to"):
        values["reply_to"] = reply_address(str(values["reply_to"]))
    list_id = values.get("mailing_list_id")
    if isinstance(list_id, int) and not ContactList.objects.filter(pk=list_id).exists():
        raise ListGone
    return values


def sender_address(tenant_id: UUID, text: str) -> str:
    """A sender's address as it is kept, at marketing's own domain if it names none; raises BadDraft."""
    whole = with_stream_domain(tenant_id=tenant_id, stream=Stream.MARKETING, address=text)
    return _address(whole, "bad_sender")


def reply_address(text: str) -> str:
    """A reply address as it is kept; raises BadDraft."""
    return _address(text, "bad_reply_to")


def _address(text: str, code: str) -> str:
    try:
        return str(parse_address(text))
    except BadAddress as error:
        raise BadDraft(code, problem=words_of(error)) from error
