"""Send now, plan, undo, and the tick that launches what is due, once."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from accounts.audit import SYSTEM, Actor
from accounts.models import AuditEvent, Role, SendingDomain, Tenant, User
from accounts.services.tenants import add_member
from accounts.tenancy import tenant_scope
from campaigns.exceptions import BadSchedule, CampaignError, LaunchRefused, NotChecked, NotTyped
from campaigns.models import Campaign, Content
from campaigns.selectors.pending import pending_campaigns
from campaigns.services import schedule as plans
from campaigns.services.launch import request_launch
from campaigns.services.review import review_campaign
from campaigns.services.schedule import Seen, launch_due, launch_planned, schedule, send_now, undo
from relay_saas.web.errors import NotFound
from tests.campaigns.kinds import Write


def key(campaign: Campaign) -> dict[str, object]:
    return {"tenant_id": campaign.tenant_id, "campaign_id": campaign.pk, "actor": SYSTEM}


def again(campaign: Campaign) -> Campaign:
    with tenant_scope(campaign.tenant_id):
        return Campaign.objects.get(pk=campaign.pk)


def make_due(campaign: Campaign) -> None:
    with tenant_scope(campaign.tenant_id):
        Campaign.objects.filter(pk=campaign.pk).update(scheduled_at=timezone.now() - timedelta(seconds=1))


def test_send_now_is_a_plan_for_some_seconds_later(draft: Campaign, settings: Settings) -> None:
    settings.RELAY_UNDO_SECONDS = 15
    before = timezone.now()
    planned = send_now(**key(draft))
    assert planned.state == "scheduled"
    assert timedelta(seconds=14) < planned.scheduled_at - before < timedelta(seconds=20)
    assert planned.content_id is None
    assert launch_due() == 0
    [bar] = pending_campaigns(tenant_id=draft.tenant_id)
    assert (bar.id, bar.soon, bar.refused) == (draft.pk, True, False)


def test_what_is_due_is_launched_once_in_the_name_of_who_planned_it(tenant: Tenant, draft: Campaign) -> None:
    schedule(**key(draft) | {"actor": Actor(name="eva", user_id=7)}, at=timezone.now() + timedelta(hours=1))
    make_due(draft)
    assert launch_due() == 1
    assert launch_due() == 0
    assert launch_planned(tenant_id=tenant.pk, campaign_id=draft.pk) is False
    assert again(draft).state == "launching"
    assert pending_campaigns(tenant_id=tenant.pk) == []
    with tenant_scope(tenant.pk):
        assert Content.objects.count() == 1
        assert AuditEvent.objects.get(verb="launched").user_id == 7


def test_undo_makes_a_draft_of_it_again_and_nothing_goes_out(tenant: Tenant, draft: Campaign) -> None:
    send_now(**key(draft))
    undo(**key(draft))
    undo(**key(draft))
    assert (again(draft).state, again(draft).scheduled_at) == ("draft", None)
    assert launch_due() == 0
    with tenant_scope(tenant.pk):
        assert AuditEvent.objects.filter(verb="unscheduled").count() == 1


def test_undo_after_the_launch_is_too_late(draft: Campaign) -> None:
    send_now(**key(draft))
    make_due(draft)
    launch_due()
    with pytest.raises(CampaignError) as late:
        undo(**key(draft))
    assert late.value.code == "too_late"
    assert again(draft).state == "launching"


def test_twenty_sends_plan_once(tenant: Tenant, draft: Campaign) -> None:
    first = send_now(**key(draft))
    assert send_now(**key(draft)).scheduled_at == first.scheduled_at
    assert schedule(**key(draft), at=timezone.now() + timedelta(days=1)).scheduled_at == first.scheduled_at
    with tenant_scope(tenant.pk):
        assert AuditEvent.objects.filter(verb="scheduled").count() == 1


@pytest.mark.parametrize(("days", "code"), [(-1, "in_the_past"), (0, "in_the_past"), (400, "too_far")])
def test_a_time_that_is_over_or_far_away_is_refused(draft: Campaign, days: int, code: str) -> None:
    with pytest.raises(BadSchedule) as refused:
        schedule(**key(draft), at=timezone.now() + timedelta(days=days))
    assert refused.value.code == code
    assert again(draft).state == "draft"


def test_what_must_be_mended_is_mended_before_it_is_planned(draft: Campaign, write: Write) -> None:
    faulty = write(subject="")
    with pytest.raises(LaunchRefused):
        send_now(**key(faulty))
    assert again(faulty).state == "draft"


def test_every_warning_is_ticked_before_it_is_planned(draft: Campaign, write: Write) -> None:
    campaign = write(preheader="")
    found = review_campaign(tenant_id=campaign.tenant_id, campaign=campaign)
    codes = {finding.code for finding in found.warnings}
    assert {"preheader_empty", "not_tested"} <= codes
    with pytest.raises(NotChecked):
        send_now(**key(campaign), seen=Seen(ticked=codes - {"not_tested"}))
    assert again(campaign).state == "draft"
    assert send_now(**key(campaign), seen=Seen(ticked=codes)).state == "scheduled"


def test_a_plan_whose_checks_fail_when_its_time_comes_is_a_draft_again_and_says_so(
    tenant: Tenant, draft: Campaign, write: Write
) -> None:
    other = write(name="Other")
    send_now(**key(draft))
    send_now(**key(other))
    with tenant_scope(tenant.pk):
        SendingDomain.objects.update(state=SendingDomain.State.BROKEN)
    make_due(draft)
    assert launch_due() == 1
    stopped = again(draft)
    assert (stopped.state, stopped.launch_refusal) == ("draft", "domain_not_verified")
    assert [bar.refused for bar in pending_campaigns(tenant_id=tenant.pk)] == [True, False]
    with tenant_scope(tenant.pk):
        assert not Content.objects.exists()
        SendingDomain.objects.update(state=SendingDomain.State.VERIFIED)
    assert send_now(**key(draft)).launch_refusal == ""


def stop(draft: Campaign) -> None:
    with tenant_scope(draft.tenant_id):
        SendingDomain.objects.update(state=SendingDomain.State.BROKEN)
    make_due(draft)
    assert launch_due() == 1


def test_who_planned_a_campaign_hears_in_their_language_that_it_was_stopped(
    tenant: Tenant, draft: Campaign, django_capture_on_commit_callbacks: Any
) -> None:
    user = User.objects.create_user("eva@acme.test", locale="ja")
    owner = User.objects.create_user("owner@acme.test")
    for person, role in ((user, Role.MARKETER), (owner, Role.OWNER)):
        add_member(tenant_id=tenant.pk, user=person, role=role, actor=SYSTEM)
    send_now(**key(draft) | {"actor": Actor(name="eva", user_id=user.pk)})
    with django_capture_on_commit_callbacks(execute=True):
        stop(draft)
    (letter,) = mail.outbox
    assert letter.to == ["eva@acme.test"]
    assert draft.name in letter.subject
    assert "まだ" in letter.body or "ません" in letter.body
    assert f"/o/acme/campaigns/{draft.pk}/review/" in letter.body


def test_where_nobody_planned_it_an_owner_hears_of_it(
    tenant: Tenant, draft: Campaign, django_capture_on_commit_callbacks: Any
) -> None:
    send_now(**key(draft))
    owner = User.objects.create_user("owner@acme.test")
    add_member(tenant_id=tenant.pk, user=owner, role=Role.OWNER, actor=SYSTEM)
    with django_capture_on_commit_callbacks(execute=True):
        stop(draft)
    assert [letter.to for letter in mail.outbox] == [["owner@acme.test"]]
    assert "verified" in mail.outbox[0].body


def test_the_number_of_many_people_is_typed_before_it_is_planned(
    draft: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plans, "TYPED", 1)
    found = review_campaign(tenant_id=draft.tenant_id, campaign=draft)
    codes = {finding.code for finding in found.warnings}
    for typed in (0, 1, 3, 20):
        with pytest.raises(NotTyped):
            send_now(**key(draft), seen=Seen(ticked=codes, typed=typed))
    assert again(draft).state == "draft"
    assert send_now(**key(draft), seen=Seen(ticked=codes, typed=2)).state == "scheduled"
    undo(**key(draft))
    assert send_now(**key(draft), seen=Seen(ticked=codes)).state == "scheduled"


def test_an_organization_chooses_how_long_a_launch_can_be_undone(tenant: Tenant, draft: Campaign) -> None:
    with tenant_scope(tenant.pk):
        Tenant.objects.filter(pk=tenant.pk).update(undo_seconds=60)
    before = timezone.now()
    planned = send_now(**key(draft))
    assert timedelta(seconds=59) < planned.scheduled_at - before < timedelta(seconds=65)


def test_a_planned_campaign_can_still_be_launched_at_once_by_command(draft: Campaign) -> None:
    schedule(**key(draft), at=timezone.now() + timedelta(days=1))
    assert request_launch(**key(draft)).state == "launching"


def test_another_tenants_campaign_is_neither_planned_nor_undone(
    other_tenant: Tenant, draft: Campaign
) -> None:
    for deed in (send_now, undo):
        with pytest.raises(NotFound):
            deed(tenant_id=other_tenant.pk, campaign_id=draft.pk, actor=SYSTEM)
    assert pending_campaigns(tenant_id=other_tenant.pk) == []
