"""Templates for single mail: compiled once, filled in with the caller's variables."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Tenant
from accounts.tenancy import tenant_scope
from campaigns.exceptions import TemplateNotRendered
from campaigns.models import Template as TemplateRow
from campaigns.selectors.merge_names import sender_values
from campaigns.services.source_words import words_of
from campaigns.services.template_preview import template_sources
from relay_saas.mail.markup import compile_markup
from relay_saas.mail.merge import RenderProblem, Template, parse_template
from relay_saas.mail.source import SourceError
from relay_saas.mail.text_part import text_from_html
from relay_saas.web.errors import NotFound
from relay_saas.web.problems import FieldProblem

#: The relay's own placeholder: marketing mail gets the reader's address there.
UNSUBSCRIBE = "unsubscribe_url"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The parts with all values in them."""

    subject: str
    html: str
    text: str


def render(
    *, tenant_id: UUID, template_id: int, subject: str, variables: Mapping[str, object], marketing: bool
) -> Rendered:
    """The template with these variables, which stand under their own names and under `contact`.

    `sender` is the organization. Raises NotFound, TemplateNotRendered (`errors` names the variable).
    """
    with tenant_scope(tenant_id):
        row = TemplateRow.objects.filter(pk=template_id, archived_at=None).first()
        if row is None:
            raise NotFound
        tenant = Tenant.objects.get(pk=tenant_id)
    sources = template_sources(row)
    context: dict[str, object] = {
        **variables,
        "contact": dict(variables),
        "sender": sender_values(tenant),
        UNSUBSCRIBE: "{{ unsubscribe_url }}" if marketing else "",
    }
    try:
        html, text = _compiled(sources.markup, sources.html, sources.text)
        title = _subject(subject)
        return Rendered(
            subject=" ".join(title.render(context).split()),
            html=html.render(context),
            text=text.render(context),
        )
    except (SourceError, RenderProblem) as problem:
        detail = words_of(problem)
        where = FieldProblem(pointer="/template/variables", code=problem.code, detail=detail)
        raise TemplateNotRendered(_("The template cannot be filled in."), errors=[where]) from problem


@lru_cache(maxsize=256)
def _subject(source: str) -> Template:
    return parse_template(source, html=False)


@lru_cache(maxsize=256)
def _compiled(markup: Literal["mjml", "html"], html: str, text: str) -> tuple[Template, Template]:
    compiled = compile_markup(html, markup).html
    plain = text if text.strip() else text_from_html(compiled)
    return parse_template(compiled, html=True), parse_template(plain, html=False)
