"""Freezes what is sent: Content rows are written once and never changed."""

from collections.abc import Sequence
from uuid import UUID

from accounts.models import SendingDomain
from accounts.tenancy import tenant_scope
from campaigns.exceptions import BadDraft, LaunchRefused
from campaigns.models import Campaign, Content, Link
from campaigns.services.checks import Checked, check_campaign, refuse


def freeze(*, tenant_id: UUID, campaign: Campaign) -> Content:
    """Checks the campaign and writes its content with its links; raises LaunchRefused."""
    with tenant_scope(tenant_id):
        checked = check_campaign(tenant_id=tenant_id, campaign=campaign)
        refuse(checked.findings)
        return write_content(checked)


def write_content(checked: Checked) -> Content:
    """Writes the content of a campaign that passed its checks, in the caller's scope."""
    campaign, built, domain = checked.campaign, checked.outcome.built, checked.domain
    if built is None or domain is None:
        raise LaunchRefused
    content = Content.objects.create(
        tenant_id=campaign.tenant_id,
        from_name=campaign.from_name,
        from_address=campaign.from_address,
        reply_to=campaign.reply_to,
        subject=campaign.subject,
        preheader=campaign.preheader,
        html=built.html,
        text=built.text,
        fields=list(built.fields),
        sending_domain=domain,
        mailing_list_id=campaign.mailing_list_id,
    )
    Link.objects.bulk_create(
        Link(tenant_id=campaign.tenant_id, content=content, index=link.index, target=link.target)
        for link in built.links
    )
    return content


def literal_content(
    *,
    tenant_id: UUID,
    sending_domain: SendingDomain,
    from_name: str,
    from_address: str,
    subject: str,
    html: str | None,
    text: str | None,
    reply_to: str = "",
    attachments: Sequence[dict[str, str]] = (),
    headers: Sequence[tuple[str, str]] = (),
) -> Content:
    """Content of API mail: sent as it is, without Liquid, tracked links or pixel. Raises BadDraft for NUL."""
    if any("\x00" in part for part in (from_name, subject, html or "", text or "")):
        raise BadDraft("nul_character")
    with tenant_scope(tenant_id):
        return Content.objects.create(
            tenant_id=tenant_id,
            from_name=from_name,
            from_address=from_address,
            reply_to=reply_to,
            subject=subject,
            html=html,
            text=text,
            is_template=False,
            track_opens=False,
            track_clicks=False,
            attachments=list(attachments),
            headers=[list(header) for header in headers],
            sending_domain=sending_domain,
        )
