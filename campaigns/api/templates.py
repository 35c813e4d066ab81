"""`/templates`: mails to begin campaigns with."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import JsonApiView, created
from campaigns.api.bodies import TemplateBody
from campaigns.api.documents import TemplateDocument, TemplateSummary
from campaigns.models import Template
from campaigns.selectors.templates import find_template
from campaigns.services.templates import (
    TemplateDraft,
    archive_template,
    create_template,
    duplicate_template,
    restore_template,
    update_template,
)
from relay_saas.web.api_operation import PAGING, Operation, flag, page_shape, scopes
from relay_saas.web.api_paging import list_page
from relay_saas.web.api_query import read_flag
from relay_saas.web.api_versions import check_match, single
from relay_saas.web.prefixed import number_of, public_id

_EXAMPLE = {"name": "月次レター", "markup": "html", "html": "<p>{{ contact.first_name }}様</p>"}
_REFUSALS = {"name_empty": 422, "name_too_long": 422, "too_large": 422}


class TemplatesView(JsonApiView):
    """Templates, the newest first, without what they say."""

    tag = "Templates"
    required_scope = scopes("templates.read", "templates.write")
    parameters = {**PAGING, "archived": flag("Those put away in place of those in use.")}
    operations = {
        "GET": Operation(says="List templates", answer=page_shape(TemplateSummary)),
        "POST": Operation(
            says="Make a template",
            body=TemplateBody,
            answer=TemplateDocument,
            status=201,
            examples={"HTML": _EXAMPLE},
            refusals=_REFUSALS,
            versioned=True,
        ),
    }

    def get(self, request: Request) -> Response:
        """One page."""
        archived = read_flag(request.query_params, "archived") or False
        rows = Template.objects.filter(tenant_id=self.tenant_id, archived_at__isnull=not archived)
        page = list_page(
            rows.defer("html_source", "text_source"),
            name="templates",
            order=("-id",),
            query=request.query_params,
            document=lambda row: TemplateSummary(row).data,
        )
        return Response(page)

    def post(self, request: Request) -> Response:
        """A new one."""
        draft = _draft(self.body(TemplateBody))
        return _made(request, create_template(tenant_id=self.tenant_id, draft=draft, actor=self.actor))


class TemplateView(JsonApiView):
    """One template."""

    tag = "Templates"
    required_scope = scopes("templates.read", "templates.write")
    path_ids = {"template": "tpl"}
    operations = {
        "GET": Operation(says="Read a template", answer=TemplateDocument, versioned=True),
        "PATCH": Operation(
            says="Change a template",
            body=TemplateBody,
            answer=TemplateDocument,
            examples={"Another name": {"name": "月次レター（12月）"}},
            refusals=_REFUSALS,
            versioned=True,
        ),
        "DELETE": Operation(
            says="Put a template away",
            more="Campaigns made with it keep their copy; `POST …/restore` takes it back.",
            status=204,
            versioned=True,
        ),
    }

    def get(self, request: Request, template: str) -> Response:
        """By id."""
        return single(request, TemplateDocument(self._find(template)).data)

    def patch(self, request: Request, template: str) -> Response:
        """What is not named stays."""
        given = self.body(TemplateBody, partial=True)
        found = self._find(template, lock=True)
        check_match(request, TemplateDocument(found).data)
        now = {
            "name": found.name,
            "markup": found.markup,
            "html": found.html_source,
            "text": found.text_source,
        }
        changed = update_template(
            tenant_id=self.tenant_id,
            template_id=found.pk,
            version=found.version,
            draft=_draft(now | given),
            actor=self.actor,
        )
        return single(request, TemplateDocument(changed).data)

    def delete(self, request: Request, template: str) -> Response:
        """It can be taken back."""
        found = self._find(template, lock=True)
        check_match(request, TemplateDocument(found).data)
        archive_template(tenant_id=self.tenant_id, template_id=found.pk, actor=self.actor)
        return Response(status=204)

    def _find(self, text: str, *, lock: bool = False) -> Template:
        found = find_template(tenant_id=self.tenant_id, template_id=number_of("tpl", text))
        return Template.objects.select_for_update().get(pk=found.pk) if lock else found


class TemplateRestoreView(JsonApiView):
    """Takes a template back."""

    tag = "Templates"
    required_scope = scopes(write="templates.write")
    path_ids = {"template": "tpl"}
    operations = {"POST": Operation(says="Take a template back", answer=TemplateDocument)}

    def post(self, request: Request, template: str) -> Response:  # noqa: ARG002
        """One in use stays as it is."""
        number = number_of("tpl", template)
        found = restore_template(tenant_id=self.tenant_id, template_id=number, actor=self.actor)
        return Response(TemplateDocument(found).data)


class TemplateDuplicateView(JsonApiView):
    """Copies a template."""

    tag = "Templates"
    required_scope = scopes(write="templates.write")
    path_ids = {"template": "tpl"}
    operations = {
        "POST": Operation(says="Copy a template", answer=TemplateDocument, status=201, versioned=True)
    }

    def post(self, request: Request, template: str) -> Response:
        """The copy."""
        number = number_of("tpl", template)
        return _made(
            request, duplicate_template(tenant_id=self.tenant_id, template_id=number, actor=self.actor)
        )


def _made(request: Request, template: Template) -> Response:
    at = f"/api/v1/templates/{public_id('tpl', template.pk)}"
    return created(request, TemplateDocument(template).data, at)


def _draft(values: dict[str, Any]) -> TemplateDraft:
    return TemplateDraft(
        name=values["name"],
        markup=values["markup"],
        html_source=values["html"],
        text_source=values["text"],
    )
