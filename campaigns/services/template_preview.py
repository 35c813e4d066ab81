"""Shows a template as one reader would get it, and says what stands wrong in it."""

from uuid import UUID

from accounts.models import Tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Contact, Template
from campaigns.selectors.merge_names import field_keys, known_names
from campaigns.services.content_build import Sources, build
from campaigns.services.findings import Finding
from campaigns.services.preview import Preview, merge_sources
from relay_saas.web.errors import NotFound

#: Stands in for a person whose fields are all empty.
EXAMPLE_ADDRESS = "reader@example.com"


def render_template(*, tenant_id: UUID, template: Template, contact_id: int | None) -> Preview:
    """The template for a contact, for None an example; raises NotFound, PreviewProblem."""
    with tenant_scope(tenant_id):
        contact = _contact(contact_id)
        tenant = Tenant.objects.get(pk=tenant_id)
        keys = field_keys(tenant_id=tenant_id)
    return merge_sources(template_sources(template), tenant=tenant, contact=contact, keys=keys)


def template_findings(*, tenant_id: UUID, template: Template) -> tuple[Finding, ...]:
    """What is wrong or worth a look, with line and column."""
    return build(template_sources(template), known_names(field_keys(tenant_id=tenant_id))).findings


def template_sources(template: Template) -> Sources:
    """A template as the build takes it; subject and preheader are a campaign's own."""
    return Sources(
        subject="",
        preheader="",
        markup="mjml" if template.markup == "mjml" else "html",
        html=template.html_source,
        text=template.text_source,
    )


def _contact(contact_id: int | None) -> Contact:
    if contact_id is None:
        return Contact(email=EXAMPLE_ADDRESS)
    contact = Contact.objects.filter(pk=contact_id).first()
    if contact is None:
        raise NotFound
    return contact
