"""Shows a campaign as one recipient would see it: the same templates, nothing sent, nothing tracked."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Tenant
from accounts.tenancy import reading_scope
from campaigns.exceptions import PreviewProblem
from campaigns.models import Campaign, Contact
from campaigns.selectors.campaigns import find_campaign
from campaigns.selectors.merge_names import (
    contact_values,
    field_defaults,
    field_keys,
    known_names,
    sender_values,
)
from campaigns.services.checks import sources_of
from campaigns.services.content_build import Shown, Sources, build
from campaigns.services.findings import Level
from campaigns.services.media_files import shown_here
from campaigns.services.source_words import words_of
from relay_saas.mail.merge import RenderProblem, parse_template
from relay_saas.web.errors import NotFound

#: Stands in for a person whose fields are all empty: the hardest reader of a template.
EXAMPLE_ADDRESS = "reader@example.com"
#: Stands in for the person's own link, which only a sent message has; it leads nowhere.
UNSUBSCRIBE_EXAMPLE = "#unsubscribe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The three parts, merged for one person."""

    subject: str
    html: str
    text: str


def render_preview(
    *, tenant_id: UUID, campaign_id: int, contact_id: int | None, here: bool = True
) -> Preview:
    """The campaign for one contact of the tenant, None for an example; raises NotFound, PreviewProblem (its
    code says why).

    `here`: for a page of the dashboard, which loads our pictures from its own host; else as it is sent.
    """
    with reading_scope(tenant_id):
        campaign = find_campaign(tenant_id=tenant_id, campaign_id=campaign_id)
        contact = _contact(contact_id)
        tenant = Tenant.objects.get(pk=tenant_id)
        keys, defaults = field_keys(tenant_id=tenant_id), field_defaults(tenant_id=tenant_id)
    built = _shown(sources_of(campaign), keys)
    shown = merge(built, tenant=tenant, contact=contact, keys=keys, defaults=defaults)
    return _here(shown, tenant) if here else shown


def merge_sources(sources: Sources, *, tenant: Tenant, contact: Contact, keys: tuple[str, ...]) -> Preview:
    """What `contact` would see of these sources; raises PreviewProblem."""
    built, defaults = _shown(sources, keys), field_defaults(tenant_id=tenant.pk)
    return _here(merge(built, tenant=tenant, contact=contact, keys=keys, defaults=defaults), tenant)


def merge(
    shown: Shown,
    *,
    tenant: Tenant,
    contact: Contact,
    keys: tuple[str, ...],
    defaults: Mapping[str, object],
) -> Preview:
    """Built templates with this person's values; raises PreviewProblem."""
    context: dict[str, object] = {
        "contact": contact_values(contact, keys, defaults),
        "sender": sender_values(tenant),
        "unsubscribe_url": UNSUBSCRIBE_EXAMPLE,
    }
    return Preview(
        subject=" ".join(_render(shown.subject, context, html=False).split()),
        html=_render(shown.html, context, html=True),
        text=_render(shown.text, context, html=False),
    )


def made_text(campaign: Campaign) -> str:
    """The text part made from the campaign's HTML, merge tags in it; raises PreviewProblem."""
    sources = replace(sources_of(campaign), text="")
    return _shown(sources, field_keys(tenant_id=campaign.tenant_id)).text


def _contact(contact_id: int | None) -> Contact:
    if contact_id is None:
        return Contact(email=EXAMPLE_ADDRESS)
    contact = Contact.objects.filter(pk=contact_id).first()
    if contact is None:
        raise NotFound
    return contact


def _here(shown: Preview, tenant: Tenant) -> Preview:
    return replace(shown, html=shown_here(shown.html, tenant.number))


def _shown(sources: Sources, keys: tuple[str, ...]) -> Shown:
    outcome = build(sources, known_names(keys))
    built = outcome.built
    # An unknown field would fail while merging, in words that know nothing of the reader's language.
    stops = [one for one in outcome.findings if one.level is Level.MUST]
    stop = next((one for one in stops if built is None or one.code == "unknown_field"), None)
    if built is None or stop is not None:
        raise PreviewProblem(str(stop), code=stop.code if stop else "template_problem")
    return built.shown


def _render(source: str, context: dict[str, object], *, html: bool) -> str:
    try:
        return parse_template(source, html=html).render(context)
    except RenderProblem as problem:
        message = _("For this person it cannot be shown: %(problem)s") % {"problem": words_of(problem)}
        raise PreviewProblem(message, code=problem.code) from problem
