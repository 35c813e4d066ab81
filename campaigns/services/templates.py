"""Writes templates: copied, changed by version, put away and taken back."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Actor
from accounts.tenancy import tenant_scope
from campaigns.exceptions import BadTemplate, TemplateChanged
from campaigns.models import Campaign, Template
from relay_saas.mail.source import with_lf
from relay_saas.web.errors import NotFound

MAX_NAME: Final = 200
#: As long as a source may be (relay_saas.mail.markup).
MAX_BYTES: Final = 512 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateDraft:
    """What a person writes; the sources may still be faulty, the page says where."""

    name: str
    html_source: str
    markup: str = Campaign.Markup.MJML
    text_source: str = ""


def create_template(*, tenant_id: UUID, draft: TemplateDraft, actor: Actor) -> Template:
    """A template; raises BadTemplate."""
    values = _clean(draft)
    with tenant_scope(tenant_id):
        template = Template.objects.create(tenant_id=tenant_id, **values)
        audit.record(tenant_id=tenant_id, actor=actor, verb="created", subject=template)
    return template


def update_template(
    *, tenant_id: UUID, template_id: int, version: int, draft: TemplateDraft, actor: Actor
) -> Template:
    """Replaces a template that still has `version`; raises NotFound, BadTemplate, TemplateChanged."""
    values = _clean(draft)
    with tenant_scope(tenant_id):
        template = _locked(template_id)
        changed = [name for name, value in values.items() if getattr(template, name) != value]
        if not changed:
            return template
        if template.version != version:
            raise TemplateChanged
        for name in changed:
            setattr(template, name, values[name])
        template.version += 1
        template.save(update_fields=[*changed, "version", "updated_at"])
        audit.record(
            tenant_id=tenant_id, actor=actor, verb="changed", subject=template, changes={"fields": changed}
        )
    return template


def duplicate_template(*, tenant_id: UUID, template_id: int, actor: Actor) -> Template:
    """A copy beside it; raises NotFound."""
    with tenant_scope(tenant_id):
        original = _locked(template_id)
        copy = TemplateDraft(
            name=(_("Copy of %(name)s") % {"name": original.name})[:MAX_NAME],
            markup=original.markup,
            html_source=original.html_source,
            text_source=original.text_source,
        )
        return create_template(tenant_id=tenant_id, draft=copy, actor=actor)


def archive_template(*, tenant_id: UUID, template_id: int, actor: Actor) -> Template:
    """Puts a template away; campaigns made with it keep their copy. Raises NotFound."""
    return _put(tenant_id, template_id, actor, away=True)


def restore_template(*, tenant_id: UUID, template_id: int, actor: Actor) -> Template:
    """Takes a template back; raises NotFound."""
    return _put(tenant_id, template_id, actor, away=False)


def _put(tenant_id: UUID, template_id: int, actor: Actor, *, away: bool) -> Template:
    with tenant_scope(tenant_id):
        template = _locked(template_id)
        if (template.archived_at is not None) == away:
            return template
        template.archived_at = timezone.now() if away else None
        template.save(update_fields=["archived_at"])
        verb = "archived" if away else "restored"
        audit.record(tenant_id=tenant_id, actor=actor, verb=verb, subject=template)
    return template


def _locked(template_id: int) -> Template:
    template = Template.objects.select_for_update().filter(pk=template_id).first()
    if template is None:
        raise NotFound
    return template


def _clean(draft: TemplateDraft) -> dict[str, str]:
    values = {
        "name": " ".join(draft.name.split()),
        "markup": draft.markup,
        "html_source": with_lf(draft.html_source),
        "text_source": with_lf(draft.text_source),
    }
    if any("\x00" in value for value in values.values()):
        raise BadTemplate("nul_character")
    if not values["name"]:
        raise BadTemplate("name_empty")
    if len(values["name"]) > MAX_NAME:
        raise BadTemplate("name_too_long", characters=MAX_NAME)
    if values["markup"] not in Campaign.Markup.values:
        raise BadTemplate("unknown_markup")
    if max(len(values[name].encode()) for name in ("html_source", "text_source")) > MAX_BYTES:
        raise BadTemplate("too_large")
    return values
