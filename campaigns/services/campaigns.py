"""Writes campaigns: their draft may be changed until they are launched."""

from dataclasses import asdict, dataclass
from uuid import UUID

from accounts import audit
from accounts.audit import Actor
from accounts.models.stream import Stream
from accounts.services.stream_domains import with_stream_domain
from accounts.tenancy import tenant_scope
from campaigns.exceptions import BadDraft, CampaignError, ListGone
from campaigns.models import Campaign, ContactList
from relay_saas.mail.addresses import BadAddress, parse_address
from relay_saas.mail.source import with_lf
from relay_saas.web.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignDraft:
    """What a person writes; templates may still be faulty, the launch checks them."""

    name: str
    mailing_list_id: int
    #: Without a domain: at the marketing stream's own.
    from_address: str
    subject: str
    html_source: str
    markup: str = Campaign.Markup.MJML
    from_name: str = ""
    reply_to: str = ""
    preheader: str = ""
    #: Empty: made from the HTML.
    text_source: str = ""


def create_campaign(*, tenant_id: UUID, draft: CampaignDraft, actor: Actor) -> Campaign:
    """A campaign in state draft; raises BadDraft, ListGone."""
    values = _clean(tenant_id, draft)
    with tenant_scope(tenant_id):
        _list_exists(draft.mailing_list_id)
        campaign = Campaign.objects.create(tenant_id=tenant_id, created_by_id=actor.user_id, **values)
        audit.record(tenant_id=tenant_id, actor=actor, verb="created", subject=campaign)
    return campaign


def update_campaign(*, tenant_id: UUID, campaign_id: int, draft: CampaignDraft, actor: Actor) -> Campaign:
    """Replaces the draft; raises NotFound, BadDraft, ListGone, CampaignError once it is launched."""
    values = _clean(tenant_id, draft)
    with tenant_scope(tenant_id):
        campaign = Campaign.objects.select_for_update().filter(pk=campaign_id).first()
        if campaign is None:
            raise NotFound
        if campaign.state != Campaign.State.DRAFT:
            raise CampaignError("not_a_draft")
        _list_exists(draft.mailing_list_id)
        changed = [name for name, value in values.items() if getattr(campaign, name) != value]
        for name in changed:
            setattr(campaign, name, values[name])
        campaign.save(update_fields=[*changed, "updated_at"])
        audit.record(
            tenant_id=tenant_id, actor=actor, verb="changed", subject=campaign, changes={"fields": changed}
        )
    return campaign


def _clean(tenant_id: UUID, draft: CampaignDraft) -> dict[str, object]:
    values: dict[str, object] = asdict(draft)
    for name in ("name", "subject", "preheader", "from_name", "from_address", "reply_to"):
        # One line each: they become headers, or one hidden line.
        values[name] = " ".join(str(values[name]).split())
    for name in ("html_source", "text_source"):
        values[name] = with_lf(str(values[name]))
    if any("\x00" in value for value in values.values() if isinstance(value, str)):
        raise BadDraft("nul_character")
    if not values["name"]:
        raise BadDraft("name_empty")
    sender = with_stream_domain(
        tenant_id=tenant_id, stream=Stream.MARKETING, address=str(values["from_address"])
    )
    values["from_address"] = _address(sender, "bad_sender")
    if values["reply_to"]:
        values["reply_to"] = _address(str(values["reply_to"]), "bad_reply_to")
    return values


def _address(text: str, code: str) -> str:
    try:
        return str(parse_address(text))
    except BadAddress as error:
        raise BadDraft(code, problem=str(error)) from error


def _list_exists(mailing_list_id: int) -> None:
    if not ContactList.objects.filter(pk=mailing_list_id).exists():
        raise ListGone
