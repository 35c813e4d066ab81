"""The operators' pages that show; views_acts.py holds those that do."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from delivery.models import EgressHost, PolicyState, Provider, Scope
from delivery.models.stream import Stream
from delivery.selectors import operations
from delivery.selectors.policies import active_policies
from delivery.selectors.story import tenants_of_message
from relay_saas.console.ops import board
from relay_saas.console.ops.access import actor_of, may_scrape, operator_page, unauthorized
from relay_saas.console.ops.acts import note_look, note_story
from relay_saas.console.ops.exposition import CONTENT_TYPE, exposition
from relay_saas.console.ops.forms import ExpireForm, RedSwitchForm, StopForm, stop_question
from relay_saas.console.ops.metrics import scrape
from relay_saas.mail.ids import BadId, parse_id
from relay_saas.web.errors import NotFound
from relay_saas.web.paging import Page, page_of
from tracking.selectors.explain_document import explain_document
from tracking.selectors.explain_text import explain_lines

PAGE_SIZE = 50


def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus; needs RELAY_METRICS_TOKEN or an operator's session."""
    if not may_scrape(request):
        return unauthorized()
    return HttpResponse(exposition(scrape()), content_type=CONTENT_TYPE)


@operator_page()
def overview(request: HttpRequest) -> HttpResponse:
    """What waits, what is stopped, and the red switch."""
    return render(request, "console/ops/overview.html", overview_context())


@operator_page()
def overview_live(request: HttpRequest) -> HttpResponse:
    """The figures of the overview, asked for every ten seconds."""
    return render(request, "console/ops/overview_live.html", {"board": _board()})


def overview_context(form: RedSwitchForm | None = None) -> dict[str, Any]:
    """The overview, with a form that was refused or a fresh one."""
    shown = _board()
    if form is None:
        providers = {line.id: line.name for line in shown.providers}
        form = RedSwitchForm(prefix="red", rows=shown.lanes, providers=providers)
    return {"board": shown, "form": form}


def _board() -> board.Overview:
    with operations.patience():
        return board.overview()


@operator_page()
def providers(request: HttpRequest) -> HttpResponse:
    """Every provider with work, connections or a brake."""
    with operations.patience():
        policies = board.policy_lines(active_policies())
        lines = board.provider_lines(operations.lanes(), policies)
    return render(request, "console/ops/providers.html", {"lines": lines})


@operator_page()
def provider(request: HttpRequest, provider_id: int) -> HttpResponse:
    """One provider: limits, sites, what they taught, backlog by lane, brakes."""
    return render(request, "console/ops/provider.html", provider_context(provider_id))


def provider_context(
    provider_id: int, stop: StopForm | None = None, expire: ExpireForm | None = None
) -> dict[str, Any]:
    """One provider's page, with a form that was refused or fresh ones; raises NotFound."""
    found = Provider.objects.filter(pk=provider_id).exclude(pk=0).first()
    if found is None:
        raise NotFound
    with operations.patience():
        rows = [row for row in operations.lanes() if row.within(Scope(provider_id=provider_id))]
    policies = board.policy_lines(PolicyState.objects.filter(provider_id=provider_id).order_by("-id")[:20])
    word = {"what": f"provider:{provider_id}"}
    backlog = board.Backlog.of(rows)
    return {
        "provider": found,
        "backlog": backlog,
        "lanes": board.lane_lines(rows[: board.MOST_LANES]),
        "sites": board.site_lines(found, rows),
        "policies": policies,
        "now": timezone.now(),
        "connections": sum(
            n for (_source, number), n in operations.permits_in_use().items() if number == provider_id
        ),
        "stop": stop or StopForm(prefix="stop", initial=word),
        "expire": expire or ExpireForm(prefix="expire", initial=word),
        "question": stop_question(found.name, backlog.waiting + backlog.leased),
    }


@operator_page()
def sources(request: HttpRequest) -> HttpResponse:
    """Our sending addresses."""
    return render(request, "console/ops/sources.html", {"lines": board.source_lines()})


@operator_page()
def lanes(request: HttpRequest) -> HttpResponse:
    """What waits, lane by lane."""
    word = request.GET.get("stream", "")
    with operations.patience():
        rows = operations.lanes()
    chosen = next((stream for stream in Stream if str(stream.value) == word), None)
    shown = [row for row in rows if chosen is None or row.stream == chosen]
    context = {
        "lines": board.lane_lines(shown[: board.MOST_LANES]),
        "more": max(0, len(shown) - board.MOST_LANES),
        "stream": word,
        "streams": Stream.choices,
    }
    return render(request, "console/ops/lanes.html", context)


@operator_page()
def policies(request: HttpRequest) -> HttpResponse:
    """Rules that fired and brakes that people set: what holds, and what has ended."""
    held = board.policy_lines(active_policies())
    past = PolicyState.objects.exclude(pk__in=[line.policy.pk for line in held])
    page = page_of(past, order=("-id",), cursor=request.GET.get("cursor"), size=PAGE_SIZE)
    ended = Page(
        items=tuple(board.policy_lines(page.items)),
        next_cursor=page.next_cursor,
        previous_cursor=page.previous_cursor,
    )
    return render(request, "console/ops/policies.html", {"held": held, "ended": ended})


@operator_page()
def doubts(request: HttpRequest) -> HttpResponse:
    """Messages whose end nobody knows, of the last week."""
    since = timezone.now() - timedelta(days=7)
    with operations.patience():
        rows = operations.doubts_since(since, most=board.MOST_DOUBTS)
    if rows:
        note_look(rows=rows, actor=actor_of(request))
    names = dict(Provider.objects.values_list("pk", "name"))
    lines = [(row, names.get(row.provider_id, "")) for row in rows]
    return render(request, "console/ops/doubts.html", {"lines": lines, "most": board.MOST_DOUBTS})


@operator_page()
def hosts(request: HttpRequest) -> HttpResponse:
    """Our machines and their queue runs."""
    context = {
        "runs": operations.open_runs(),
        "hosts": EgressHost.objects.order_by("name"),
        "silent": board.SILENT,
    }
    return render(request, "console/ops/hosts.html", context)


@operator_page()
def message(request: HttpRequest) -> HttpResponse:
    """The story of one message of any organization, by its id; each look is in the audit trail."""
    word = request.GET.get("q", "").strip()
    context: dict[str, Any] = {"q": word}
    if word:
        context["told"] = _story(request, word)
    return render(request, "console/ops/message.html", context)


def _story(request: HttpRequest, word: str) -> str:
    """The text, or "" where there is no such message."""
    try:
        message_id = parse_id("msg", word)
    except BadId:
        return ""
    for tenant_id in tenants_of_message(message_id):
        told = explain_document(tenant_id, message_id)
        note_story(message=word, tenant=told["tenant"], actor=actor_of(request))
        return "\n".join(explain_lines(told))
    return ""
