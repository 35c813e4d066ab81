"""`GET /campaigns/{id}/preview`: a campaign as one recipient would see it."""

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import JsonApiView
from campaigns.api.documents import PreviewDocument
from campaigns.services.preview import render_preview
from relay_saas.web.api_operation import Operation, id_of, scopes
from relay_saas.web.prefixed import number_of, read_id


class CampaignPreviewView(JsonApiView):
    """Merged, and not sent."""

    tag = "Campaigns"
    required_scope = scopes("campaigns.read")
    path_ids = {"campaign": "cmp"}
    parameters = {"contact": id_of("con", "As this contact; else as somebody whose fields are all empty.")}
    operations = {
        "GET": Operation(
            says="See a campaign as a recipient would",
            more="Nothing is sent, nothing tracked; the link to leave leads nowhere.",
            answer=PreviewDocument,
        )
    }

    def get(self, request: Request, campaign: str) -> Response:
        """An unknown contact is answered like an unknown campaign."""
        preview = render_preview(
            tenant_id=self.tenant_id,
            campaign_id=number_of("cmp", campaign),
            contact_id=read_id(request.query_params, "contact", "con"),
            here=False,
        )
        return Response(PreviewDocument(preview).data)
