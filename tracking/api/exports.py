"""`/exports`: files made by jobs; `/jobs/{id}` says how far one is, `/jobs/{id}/file` hands it out."""

from typing import Any, Final

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.documents import JobDocument
from accounts.api.views import JsonApiView
from accounts.models import Job, Tenant
from accounts.services import jobs
from campaigns.exceptions import ListGone
from campaigns.models import ContactList, Subscription
from campaigns.selectors.campaigns import find_campaign
from campaigns.selectors.contacts import SUPPRESSED
from campaigns.selectors.contacts import Wanted as WantedContacts
from relay_saas.web.api_operation import PAGING, Operation, page_shape, scopes
from relay_saas.web.api_paging import list_page
from relay_saas.web.prefixed import public_id
from tracking.api.shapes import MESSAGE_STATES, ExportBody
from tracking.exceptions import BadExport
from tracking.selectors.message_keys import Wanted, range_of_campaign
from tracking.services import recipient_export, tenant_export

KINDS: Final = ("contact_export", "suppression_export", recipient_export.KIND, tenant_export.KIND)


_STATES: Final = {
    "contacts": (*Subscription.State.values, SUPPRESSED),
    "recipients": MESSAGE_STATES,
}


class ExportsView(JsonApiView):
    """Exports, the newest first."""

    tag = "Exports"
    required_scope = scopes("exports.read", "exports.write")
    parameters = {**PAGING}
    operations = {
        "GET": Operation(says="List exports", answer=page_shape(JobDocument)),
        "POST": Operation(
            says="Start an export",
            more="The answer is the job that makes the file. `organization` exports all data; while such a"
            " job is under way, the answer is that one.",
            body=ExportBody,
            answer=JobDocument,
            status=202,
            examples={"Contacts": {"kind": "contacts"}},
            refusals={"no_such_state": 422, "campaign_of_recipients": 422},
        ),
    }

    def get(self, request: Request) -> Response:
        """One page."""
        page = list_page(
            Job.objects.filter(tenant_id=self.tenant_id, kind__in=KINDS),
            name="exports",
            order=("-id",),
            query=request.query_params,
            document=lambda row: JobDocument(row).data,
        )
        return Response(page)

    def post(self, request: Request) -> Response:  # noqa: ARG002
        """A job."""
        given = self.body(ExportBody)
        words = _STATES.get(given["kind"], ())
        if given["state"] and given["state"] not in words:
            raise BadExport("no_such_state")
        if (given["kind"] == "recipients") != (given.get("campaign") is not None):
            raise BadExport("campaign_of_recipients")
        job = getattr(self, f"_{given['kind']}")(given)
        at = f"/api/v1/jobs/{public_id('job', job.pk)}"
        return Response(JobDocument(job).data, status=202, headers={"Location": at})

    def _contacts(self, given: dict[str, Any]) -> Job:
        title = given["text"] or _("All contacts")
        if given.get("list") is not None:
            found = ContactList.objects.filter(tenant_id=self.tenant_id, pk=given["list"]).first()
            if found is None:
                raise ListGone
            title = found.name
        wanted = WantedContacts(text=given["text"], mailing_list_id=given.get("list"), state=given["state"])
        arguments = wanted.as_json() | {"encoding": given["encoding"]}
        return self._job("contact_export", title, arguments)

    def _suppressions(self, given: dict[str, Any]) -> Job:
        return self._job("suppression_export", _("All suppressions"), {"encoding": given["encoding"]})

    def _recipients(self, given: dict[str, Any]) -> Job:
        campaign = find_campaign(tenant_id=self.tenant_id, campaign_id=given["campaign"])
        wanted = Wanted(
            ids=range_of_campaign(campaign),
            state=given["state"],
            campaign_id=campaign.pk,
            machines=given["machines"],
        )
        return recipient_export.export(
            campaign=campaign, wanted=wanted, encoding=given["encoding"], actor=self.actor
        )

    def _organization(self, given: dict[str, Any]) -> Job:  # noqa: ARG002
        name = Tenant.objects.get(pk=self.tenant_id).name
        return tenant_export.start_export(tenant_id=self.tenant_id, organization=name, actor=self.actor)

    def _job(self, kind: str, title: str, arguments: dict[str, Any]) -> Job:
        return jobs.create(
            tenant_id=self.tenant_id, kind=kind, title=title, actor=self.actor, arguments=arguments
        )
