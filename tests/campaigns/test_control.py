"""Pause, resume and cancel: each once, from the right states, and announced."""

from collections.abc import Callable

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.audit import SYSTEM
from accounts.models import AuditEvent, Tenant
from accounts.tenancy import tenant_scope
from campaigns import events
from campaigns.exceptions import CampaignError
from campaigns.models import Campaign
from campaigns.services.control import cancel, pause, resume
from relay_saas.web.errors import NotFound

Deed = Callable[..., Campaign]
ALLOWED = {
    ("sending", pause): "paused",
    ("paused", pause): "paused",
    ("paused", resume): "sending",
    ("sending", resume): "sending",
    ("sending", cancel): "cancelled",
    ("paused", cancel): "cancelled",
    ("cancelled", cancel): "cancelled",
}
REFUSED = {
    "draft": "not_launched",
    "scheduled": "not_launched",
    "launching": "still_preparing",
    "sent": "already_sent",
    "cancelled": "already_cancelled",
}
EVENTS = {pause: events.campaign_paused, resume: events.campaign_resumed, cancel: events.campaign_cancelled}


def put(campaign: Campaign, state: str) -> None:
    with tenant_scope(campaign.tenant_id):
        Campaign.objects.filter(pk=campaign.pk).update(state=state)


@pytest.mark.parametrize("state", Campaign.State.values)
@pytest.mark.parametrize("deed", [pause, resume, cancel])
def test_every_deed_in_every_state(sending: Campaign, state: str, deed: Deed) -> None:
    put(sending, state)
    key = {"tenant_id": sending.tenant_id, "campaign_id": sending.pk, "actor": SYSTEM}
    if (state, deed) in ALLOWED:
        assert deed(**key).state == ALLOWED[state, deed]
    else:
        with pytest.raises(CampaignError) as refused:
            deed(**key)
        assert refused.value.code == REFUSED[state]
        with tenant_scope(sending.tenant_id):
            assert Campaign.objects.get(pk=sending.pk).state == state


@pytest.mark.parametrize("deed", [pause, cancel])
def test_a_double_click_moves_announces_and_records_once(
    sending: Campaign, deed: Deed, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    heard: list[object] = []

    def hear(campaign_id: object, **_: object) -> None:
        heard.append(campaign_id)

    EVENTS[deed].connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            for _ in range(2):
                deed(tenant_id=sending.tenant_id, campaign_id=sending.pk, actor=SYSTEM)
    finally:
        EVENTS[deed].disconnect(hear)
    assert heard == [sending.pk]
    with tenant_scope(sending.tenant_id):
        assert AuditEvent.objects.filter(verb__in=["paused", "cancelled"]).count() == 1


@pytest.mark.parametrize("deed", [pause, resume, cancel])
def test_another_tenant_moves_nothing(other_tenant: Tenant, sending: Campaign, deed: Deed) -> None:
    with pytest.raises(NotFound):
        deed(tenant_id=other_tenant.id, campaign_id=sending.pk, actor=SYSTEM)
    with tenant_scope(sending.tenant_id):
        assert Campaign.objects.get(pk=sending.pk).state == "sending"
