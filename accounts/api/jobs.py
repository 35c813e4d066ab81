"""`/jobs`: long work, how far it is, its file."""

from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.documents import JobDocument
from accounts.api.views import JsonApiView
from accounts.models import Job
from accounts.selectors.jobs import find_job
from accounts.services.jobs import cancel, open_result
from relay_saas.web.api_files import FILE_RENDERERS, kept_answer
from relay_saas.web.api_operation import PAGING, Operation, Parameter, choice, page_shape, scopes
from relay_saas.web.api_paging import list_page
from relay_saas.web.api_query import read_word
from relay_saas.web.api_versions import single
from relay_saas.web.prefixed import number_of


class JobsView(JsonApiView):
    """Jobs, the newest first."""

    tag = "Jobs"
    required_scope = scopes("exports.read")
    parameters = {
        **PAGING,
        "state": choice("Those in this state.", Job.State.values),
        "kind": Parameter(says="Those of this kind, such as `contact_export`."),
    }
    operations = {"GET": Operation(says="List jobs", answer=page_shape(JobDocument))}

    def get(self, request: Request) -> Response:
        """One page."""
        query = request.query_params
        rows = Job.objects.filter(tenant_id=self.tenant_id)
        if state := read_word(query, "state", Job.State.values):
            rows = rows.filter(state=state)
        if "kind" in query:
            rows = rows.filter(kind=query["kind"])
        page = list_page(
            rows, name="jobs", order=("-id",), query=query, document=lambda row: JobDocument(row).data
        )
        return Response(page)


class JobView(JsonApiView):
    """One job."""

    tag = "Jobs"
    required_scope = scopes("exports.read")
    path_ids = {"job": "job"}
    operations = {"GET": Operation(says="Read a job", answer=JobDocument, versioned=True)}

    def get(self, request: Request, job: str) -> Response:
        """By id."""
        found = find_job(tenant_id=self.tenant_id, job_id=number_of("job", job))
        return single(request, JobDocument(found).data)


class JobCancelView(JsonApiView):
    """Stops one."""

    tag = "Jobs"
    required_scope = scopes(write="exports.write")
    path_ids = {"job": "job"}
    operations = {
        "POST": Operation(
            says="Stop a job",
            more="At once while it waits, else at its next step.",
            answer=JobDocument,
            status=202,
            refusals={"job_over": 409},
        )
    }

    def post(self, request: Request, job: str) -> Response:  # noqa: ARG002
        """It hears of it."""
        found = cancel(tenant_id=self.tenant_id, job_id=number_of("job", job), actor=self.actor)
        return Response(JobDocument(found).data, status=202)


class JobFileView(JsonApiView):
    """What it made."""

    tag = "Jobs"
    renderer_classes = FILE_RENDERERS
    required_scope = scopes("exports.read")
    path_ids = {"job": "job"}
    operations = {
        "GET": Operation(says="Fetch a job's file", more="Of the type that the job names.", media_type="*/*")
    }

    def get(self, request: Request, job: str) -> HttpResponseBase:  # noqa: ARG002
        """Streamed; the audit log keeps that it was taken."""
        found = find_job(tenant_id=self.tenant_id, job_id=number_of("job", job))
        file = open_result(found, actor=self.actor)
        return kept_answer(file, name=found.result_name, media_type=found.result_type)
