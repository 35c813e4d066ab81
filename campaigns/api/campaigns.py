"""`/campaigns`: written, checked, launched, paused, resumed, cancelled, copied."""

from collections.abc import Callable
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import JsonApiView, created
from campaigns.api.bodies import CampaignBody, LaunchBody, NewCampaignBody, RepeatBody
from campaigns.api.documents import CampaignDocument, CampaignSummary, CheckDocument
from campaigns.models import Campaign
from campaigns.selectors.campaigns import find_campaign
from campaigns.selectors.templates import find_template
from campaigns.services.campaigns import save_draft
from campaigns.services.control import cancel, pause, resume
from campaigns.services.copies import duplicate, repeat
from campaigns.services.new_campaign import start_campaign
from campaigns.services.review import review_campaign
from campaigns.services.schedule import Seen, schedule, send_now, undo
from campaigns.services.shelf import archive, delete_draft, set_tags, tags_of, unarchive
from relay_saas.web.api_operation import PAGING, Operation, Parameter, choice, flag, id_of, page_shape, scopes
from relay_saas.web.api_paging import list_page
from relay_saas.web.api_query import read_flag, read_word
from relay_saas.web.api_versions import check_match, single
from relay_saas.web.prefixed import number_of, public_id, read_id

_NAMES = {"list": "mailing_list_id", "html": "html_source", "text": "text_source"}
_EXAMPLE = {
    "name": "11月号",
    "subject": "{{ contact.first_name }}様、11月のお知らせ",
    "from_name": "Acme",
    "from_address": "news@news.example.com",
    "markup": "html",
    "html": '<p>こんにちは</p><p><a href="{{ unsubscribe_url }}">配信停止</a></p>',
    "tags": ["newsletter"],
}
_WRITING = {
    "bad_sender": 422,
    "bad_reply_to": 422,
    "name_empty": 422,
    "too_many_tags": 422,
}
#: Of a campaign whose state does not allow it.
_STATES = {
    "not_launched": 409,
    "still_preparing": 409,
    "already_sent": 409,
    "already_cancelled": 409,
}


class CampaignsView(JsonApiView):
    """Campaigns, the newest first, without what they say."""

    tag = "Campaigns"
    required_scope = scopes("campaigns.read", "campaigns.write")
    parameters = {
        **PAGING,
        "state": choice("Those in this state.", Campaign.State.values),
        "tag": Parameter(says="Those with this tag."),
        "list": id_of("lst", "Those to this list."),
        "archived": flag("The archived ones in place of the others."),
    }
    operations = {
        "GET": Operation(says="List campaigns", answer=page_shape(CampaignSummary)),
        "POST": Operation(
            says="Begin a campaign",
            more="A draft. What is not said comes from the template, the default sender and the only list"
            " there is.",
            body=NewCampaignBody,
            answer=CampaignDocument,
            status=201,
            examples={"A newsletter": _EXAMPLE},
            refusals=_WRITING,
            versioned=True,
        ),
    }

    def get(self, request: Request) -> Response:
        """One page."""
        query = request.query_params
        archived = read_flag(query, "archived") or False
        rows = Campaign.objects.filter(tenant_id=self.tenant_id, archived_at__isnull=not archived)
        if state := read_word(query, "state", Campaign.State.values):
            rows = rows.filter(state=state)
        if "tag" in query:
            rows = rows.filter(tags__contains=[query["tag"]])
        if (number := read_id(query, "list", "lst")) is not None:
            rows = rows.filter(mailing_list_id=number)
        page = list_page(
            rows.defer("html_source", "text_source"),
            name="campaigns",
            order=("-id",),
            query=query,
            document=lambda row: CampaignSummary(row).data,
        )
        return Response(page)

    def post(self, request: Request) -> Response:
        """A draft."""
        given = self.body(NewCampaignBody)
        chosen = given.pop("template", None)
        template = None if chosen is None else find_template(tenant_id=self.tenant_id, template_id=chosen)
        campaign = start_campaign(
            tenant_id=self.tenant_id, name=given["name"], actor=self.actor, template=template
        )
        _write(self, campaign.pk, given)
        at = f"/api/v1/campaigns/{public_id('cmp', campaign.pk)}"
        return created(request, _document(self, campaign.pk), at)


class CampaignView(JsonApiView):
    """One campaign."""

    tag = "Campaigns"
    required_scope = scopes("campaigns.read", "campaigns.write")
    path_ids = {"campaign": "cmp"}
    operations = {
        "GET": Operation(says="Read a campaign", answer=CampaignDocument, versioned=True),
        "PATCH": Operation(
            says="Change a draft, or the tags of any campaign",
            body=CampaignBody,
            answer=CampaignDocument,
            examples={"Another subject": {"subject": "お知らせ（訂正）"}},
            refusals={**_WRITING, "not_a_draft": 409, "scheduled": 409},
            versioned=True,
        ),
        "DELETE": Operation(
            says="Throw a draft away", status=204, refusals={"not_a_draft": 409}, versioned=True
        ),
    }

    def get(self, request: Request, campaign: str) -> Response:
        """By id."""
        return single(request, _document(self, number_of("cmp", campaign)))

    def patch(self, request: Request, campaign: str) -> Response:
        """What is not named stays."""
        given, number = self.body(CampaignBody, partial=True), number_of("cmp", campaign)
        check_match(request, _document(self, number, lock=True))
        _write(self, number, given)
        return single(request, _document(self, number))

    def delete(self, request: Request, campaign: str) -> Response:
        """For good; whatever was launched stays."""
        number = number_of("cmp", campaign)
        check_match(request, _document(self, number, lock=True))
        delete_draft(tenant_id=self.tenant_id, campaign_id=number, actor=self.actor)
        return Response(status=204)


class CampaignCheckView(JsonApiView):
    """The check list."""

    tag = "Campaigns"
    required_scope = scopes("campaigns.read")
    path_ids = {"campaign": "cmp"}
    operations = {"GET": Operation(says="Check a draft before its launch", answer=CheckDocument)}

    def get(self, request: Request, campaign: str) -> Response:  # noqa: ARG002
        """As the page before sending shows it."""
        found = find_campaign(tenant_id=self.tenant_id, campaign_id=number_of("cmp", campaign))
        review = review_campaign(tenant_id=self.tenant_id, campaign=found)
        findings = [
            {
                "code": one.code,
                "level": str(one.level.value),
                "part": str(one.part.value),
                "message": str(one),
            }
            for one in (*review.findings, *review.passed)
        ]
        audience = {
            "total": review.audience.total,
            "reachable": review.audience.reachable,
            "left_out": dict(review.audience.left_out),
        }
        return Response({"ready": not review.musts, "audience": audience, "findings": findings})


class CampaignLaunchView(JsonApiView):
    """Sends."""

    tag = "Campaigns"
    required_scope = scopes(write="campaigns.send")
    path_ids = {"campaign": "cmp"}
    operations = {
        "POST": Operation(
            says="Launch a campaign, now or at a time",
            more="“Now” is some seconds away; until then `POST …/unschedule` takes it back. One that is"
            " planned or launched already is answered as it is: a request that is sent again sends nothing"
            " twice. Refused with the code of the first thing to mend; `GET …/check` names all.",
            body=LaunchBody,
            answer=CampaignDocument,
            status=202,
            examples={"Now": {}, "Later": {"at": "2026-12-01T09:00:00+09:00"}},
            refusals={
                "already_cancelled": 409,
                "in_the_past": 422,
                "too_far": 422,
                "warnings_not_checked": 422,
                "number_not_typed": 422,
                "domain_not_verified": 422,
            },
        )
    }

    def post(self, request: Request, campaign: str) -> Response:  # noqa: ARG002
        """202: it is on its way."""
        given, number = self.body(LaunchBody), number_of("cmp", campaign)
        seen = Seen(ticked=given.get("warnings"), typed=given.get("recipients"))
        if given.get("at") is None:
            send_now(tenant_id=self.tenant_id, campaign_id=number, actor=self.actor, seen=seen)
        else:
            schedule(
                tenant_id=self.tenant_id, campaign_id=number, at=given["at"], actor=self.actor, seen=seen
            )
        return Response(_document(self, number), status=202)


class _DeedView(JsonApiView):
    """One verb on a campaign; asking twice does it once."""

    tag = "Campaigns"
    path_ids = {"campaign": "cmp"}
    deed: ClassVar[Callable[..., Any]]

    def post(self, request: Request, campaign: str) -> Response:  # noqa: ARG002
        """The campaign afterwards."""
        number = number_of("cmp", campaign)
        type(self).deed(tenant_id=self.tenant_id, campaign_id=number, actor=self.actor)
        return Response(_document(self, number))


class CampaignUnscheduleView(_DeedView):
    """Back to the drafts."""

    required_scope = scopes(write="campaigns.send")
    deed = staticmethod(undo)
    operations = {
        "POST": Operation(
            says="Take a planned campaign back", answer=CampaignDocument, refusals={"too_late": 409}
        )
    }


class CampaignPauseView(_DeedView):
    """Stops for now."""

    required_scope = scopes(write="campaigns.send")
    deed = staticmethod(pause)
    operations = {"POST": Operation(says="Pause a campaign", answer=CampaignDocument, refusals=_STATES)}


class CampaignResumeView(_DeedView):
    """Goes on."""

    required_scope = scopes(write="campaigns.send")
    deed = staticmethod(resume)
    operations = {"POST": Operation(says="Resume a campaign", answer=CampaignDocument, refusals=_STATES)}


class CampaignCancelView(_DeedView):
    """Stops for good."""

    required_scope = scopes(write="campaigns.send")
    deed = staticmethod(cancel)
    operations = {
        "POST": Operation(
            says="Cancel a campaign for good",
            answer=CampaignDocument,
            refusals={"not_launched": 409, "still_preparing": 409, "already_sent": 409},
        )
    }


class CampaignArchiveView(_DeedView):
    """Out of the list."""

    required_scope = scopes(write="campaigns.write")
    deed = staticmethod(archive)
    operations = {
        "POST": Operation(says="Archive a campaign", answer=CampaignDocument, refusals={"still_running": 409})
    }


class CampaignUnarchiveView(_DeedView):
    """Into the list again."""

    required_scope = scopes(write="campaigns.write")
    deed = staticmethod(unarchive)
    operations = {"POST": Operation(says="Bring a campaign back", answer=CampaignDocument)}


class CampaignDuplicateView(JsonApiView):
    """A copy."""

    tag = "Campaigns"
    required_scope = scopes(write="campaigns.write")
    path_ids = {"campaign": "cmp"}
    operations = {
        "POST": Operation(
            says="Copy a campaign into a new draft", answer=CampaignDocument, status=201, versioned=True
        )
    }

    def post(self, request: Request, campaign: str) -> Response:
        """A draft."""
        made = duplicate(tenant_id=self.tenant_id, campaign_id=number_of("cmp", campaign), actor=self.actor)
        return created(request, _document(self, made.pk), f"/api/v1/campaigns/{public_id('cmp', made.pk)}")


class CampaignRepeatView(JsonApiView):
    """To those who did not get it."""

    tag = "Campaigns"
    required_scope = scopes(write="campaigns.write")
    path_ids = {"campaign": "cmp"}
    operations = {
        "POST": Operation(
            says="Begin a repeat to those who did not get a finished campaign",
            body=RepeatBody,
            answer=CampaignDocument,
            status=201,
            examples={"To those it is known of": {"doubts": False}},
            refusals={"not_finished": 409},
            versioned=True,
        )
    }

    def post(self, request: Request, campaign: str) -> Response:
        """A draft."""
        doubts = self.body(RepeatBody)["doubts"]
        number = number_of("cmp", campaign)
        made = repeat(tenant_id=self.tenant_id, campaign_id=number, doubts=doubts, actor=self.actor)
        return created(request, _document(self, made.pk), f"/api/v1/campaigns/{public_id('cmp', made.pk)}")


def _write(view: JsonApiView, campaign_id: int, given: dict[str, Any]) -> None:
    """Tags may change in any state, all else in a draft."""
    tags = given.pop("tags", None)
    if tags is not None:
        words = tags_of("\n".join(tags))
        set_tags(tenant_id=view.tenant_id, campaign_id=campaign_id, tags=words, actor=view.actor)
    if given:
        changes = {_NAMES.get(name, name): value for name, value in given.items()}
        save_draft(
            tenant_id=view.tenant_id, campaign_id=campaign_id, version=None, changes=changes, actor=view.actor
        )


def _document(view: JsonApiView, campaign_id: int, *, lock: bool = False) -> dict[str, Any]:
    if lock:
        rows = Campaign.objects.select_for_update().filter(tenant_id=view.tenant_id, pk=campaign_id)
        rows.values_list("pk").first()
    found = find_campaign(tenant_id=view.tenant_id, campaign_id=campaign_id)
    return dict(CampaignDocument(found).data)
