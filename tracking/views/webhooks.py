"""Webhooks: endpoints, how they do, and what a person may do with them."""

from datetime import timedelta
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.permissions import Capability
from accounts.selectors.membership import Member
from accounts.views.access import actor_of, tenant_page
from accounts.views.settings import REFUSED
from accounts.views.tabs import developer_tabs
from relay_saas.web.errors import RelayError
from tracking.models import WebhookCall
from tracking.selectors.webhooks import calls_page, endpoint_of, endpoints_of, health_of, replays_of
from tracking.services import webhook_calls, webhooks
from tracking.views.webhook_forms import ReplayForm, TestForm, WebhookForm, described, initial_of

PAGE: Final = "tracking:webhooks"
SIZE: Final = 30


@tenant_page(Capability.DEVELOPERS_EDIT)
def webhook_list(request: HttpRequest, member: Member) -> HttpResponse:
    """All endpoints."""
    context = {
        "tabs": developer_tabs(member, PAGE),
        "endpoints": endpoints_of(tenant_id=member.tenant_id),
    }
    return render(request, "tracking/webhooks.html", context)


@tenant_page(Capability.DEVELOPERS_EDIT)
def webhook_new(request: HttpRequest, member: Member) -> HttpResponse:
    """Makes an endpoint and shows its secret: this answer is the only place where it ever stands."""
    if request.method != "POST":
        return _form(request, member, WebhookForm(label_suffix=""))
    form = WebhookForm(request.POST, label_suffix="")
    if form.is_valid():
        try:
            endpoint, secret = webhooks.create_webhook(
                tenant_id=member.tenant_id, draft=form.draft(), actor=actor_of(request)
            )
        except RelayError as error:
            form.add_error(None, str(error.message))
        else:
            context = {"endpoint": endpoint, "secret": secret}
            return render(request, "tracking/webhook_secret.html", context, status=201)
    return _form(request, member, form, status=REFUSED)


@tenant_page(Capability.DEVELOPERS_EDIT)
def webhook(request: HttpRequest, member: Member, endpoint_id: int) -> HttpResponse:
    """One endpoint: what it asks for, how it does, its last calls."""
    endpoint = endpoint_of(tenant_id=member.tenant_id, endpoint_id=endpoint_id)
    state = request.GET.get("state", "")
    state = state if state in WebhookCall.State.values else ""
    context = {
        "endpoint": endpoint,
        "types": described(endpoint.types),
        "health": health_of(endpoint),
        "state": state,
        "states": WebhookCall.State.choices,
        "page": calls_page(
            tenant_id=member.tenant_id,
            endpoint_id=endpoint_id,
            state=state,
            cursor=request.GET.get("cursor"),
            size=SIZE,
        ),
        "replays": replays_of(tenant_id=member.tenant_id, endpoint_id=endpoint_id),
        "test": TestForm(label_suffix=""),
        "two_secrets": endpoint.old_secret_until is not None and endpoint.old_secret_until > timezone.now(),
    }
    return render(request, "tracking/webhook.html", context)


@tenant_page(Capability.DEVELOPERS_EDIT)
def webhook_edit(request: HttpRequest, member: Member, endpoint_id: int) -> HttpResponse:
    """Changes what it asks for, or where it is."""
    endpoint = endpoint_of(tenant_id=member.tenant_id, endpoint_id=endpoint_id)
    if request.method != "POST":
        form = WebhookForm(initial=initial_of(endpoint), label_suffix="")
        return _form(request, member, form, endpoint=endpoint)
    form = WebhookForm(request.POST, label_suffix="")
    if form.is_valid():
        try:
            webhooks.change_webhook(
                tenant_id=member.tenant_id,
                endpoint_id=endpoint_id,
                draft=form.draft(),
                actor=actor_of(request),
            )
        except RelayError as error:
            form.add_error(None, str(error.message))
        else:
            messages.success(request, _("The webhook was changed."))
            return redirect("tracking:webhook", member.slug, endpoint_id)
    return _form(request, member, form, status=REFUSED, endpoint=endpoint)


@tenant_page(Capability.DEVELOPERS_EDIT)
def webhook_rotate(request: HttpRequest, member: Member, endpoint_id: int) -> HttpResponse:
    """Shows a new secret; the old one goes on for a day."""
    if request.method != "POST":
        return redirect("tracking:webhook", member.slug, endpoint_id)
    endpoint, secret = webhooks.rotate_secret(
        tenant_id=member.tenant_id, endpoint_id=endpoint_id, actor=actor_of(request)
    )
    context = {"endpoint": endpoint, "secret": secret, "rotated": True}
    return render(request, "tracking/webhook_secret.html", context, status=201)


@tenant_page(Capability.DEVELOPERS_EDIT)
def webhook_test(request: HttpRequest, member: Member, endpoint_id: int) -> HttpResponse:
    """Makes a call with an example and leads to what comes of it."""
    if request.method != "POST":
        return redirect("tracking:webhook", member.slug, endpoint_id)
    form = TestForm(request.POST)
    chosen = form.cleaned_data["event_type"] if form.is_valid() else "webhook.test"
    call = webhook_calls.send_test(
        tenant_id=member.tenant_id, endpoint_id=endpoint_id, actor=actor_of(request), event_type=chosen
    )
    return redirect("tracking:webhook_call", member.slug, endpoint_id, call.id)


@tenant_page(Capability.DEVELOPERS_EDIT)
def webhook_pause(request: HttpRequest, member: Member, endpoint_id: int) -> HttpResponse:
    """No more calls for now."""
    if request.method == "POST":
        webhooks.pause_webhook(tenant_id=member.tenant_id, endpoint_id=endpoint_id, actor=actor_of(request))
        messages.success(request, _("The webhook is paused. What happens meanwhile is kept for it."))
    return redirect("tracking:webhook", member.slug, endpoint_id)


@tenant_page(Capability.DEVELOPERS_EDIT)
def webhook_enable(request: HttpRequest, member: Member, endpoint_id: int) -> HttpResponse:
    """Calls again, with what was missed or without it."""
    if request.method == "POST":
        webhooks.enable_webhook(
            tenant_id=member.tenant_id,
            endpoint_id=endpoint_id,
            actor=actor_of(request),
            missed=request.POST.get("missed") != "no",
        )
        messages.success(request, _("The webhook is active."))
    return redirect("tracking:webhook", member.slug, endpoint_id)


@tenant_page(Capability.DEVELOPERS_EDIT)
def webhook_delete(request: HttpRequest, member: Member, endpoint_id: int) -> HttpResponse:
    """Ends it."""
    if request.method == "POST":
        webhooks.delete_webhook(tenant_id=member.tenant_id, endpoint_id=endpoint_id, actor=actor_of(request))
        messages.success(request, _("The webhook was deleted."))
        return redirect("tracking:webhooks", member.slug)
    return redirect("tracking:webhook", member.slug, endpoint_id)


@tenant_page(Capability.DEVELOPERS_EDIT)
def webhook_replay(request: HttpRequest, member: Member, endpoint_id: int) -> HttpResponse:
    """Tells the events of a stretch of time once more."""
    endpoint = endpoint_of(tenant_id=member.tenant_id, endpoint_id=endpoint_id)
    now = timezone.localtime()
    form = ReplayForm(initial={"since": now - timedelta(hours=1), "until": now}, label_suffix="")
    status = 200
    if request.method == "POST":
        form, status = ReplayForm(request.POST, label_suffix=""), REFUSED
        if form.is_valid():
            try:
                webhook_calls.replay(
                    tenant_id=member.tenant_id,
                    endpoint_id=endpoint_id,
                    since=form.cleaned_data["since"],
                    until=form.cleaned_data["until"],
                    actor=actor_of(request),
                )
            except RelayError as error:
                form.add_error(None, str(error.message))
            else:
                messages.success(request, _("The replay has begun."))
                return redirect("tracking:webhook", member.slug, endpoint_id)
    context = {"endpoint": endpoint, "form": form}
    return render(request, "tracking/webhook_replay.html", context, status=status)


def _form(
    request: HttpRequest, member: Member, form: WebhookForm, status: int = 200, endpoint: Any = None
) -> HttpResponse:
    context = {"form": form, "endpoint": endpoint, "tabs": developer_tabs(member, PAGE)}
    return render(request, "tracking/webhook_form.html", context, status=status)
