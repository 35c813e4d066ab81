"""Drafts: incomplete ones are kept and not launched; of two people's saves none is lost."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.audit import SYSTEM, Actor
from accounts.models import AuditEvent, SendingDomain, Tenant
from accounts.tenancy import tenant_scope
from campaigns.exceptions import (
    BadDraft,
    CampaignError,
    DraftChanged,
    LaunchRefused,
    ListGone,
    PreviewProblem,
)
from campaigns.models import Campaign, ContactList
from campaigns.selectors.draft_changes import last_change
from campaigns.services.campaigns import CampaignDraft, create_campaign, save_draft
from campaigns.services.launch import request_launch
from campaigns.services.preview import render_preview
from campaigns.services.schedule import schedule
from campaigns.services.shelf import delete_draft
from relay_saas.web.errors import NotFound
from tests.campaigns.kinds import Write

ALICE = Actor(name="alice@acme.test", user_id=1)
BOB = Actor(name="bob@acme.test", user_id=2)


@pytest.fixture
def bare(tenant: Tenant) -> Campaign:
    """A name and nothing else."""
    return create_campaign(tenant_id=tenant.id, draft=CampaignDraft(name="Bare"), actor=ALICE)


def save(campaign: Campaign, version: int | None, actor: Actor = ALICE, **changes: object) -> Campaign:
    return save_draft(
        tenant_id=campaign.tenant_id,
        campaign_id=campaign.pk,
        version=version,
        changes=changes,
        actor=actor,
    )


def test_an_incomplete_draft_is_kept_and_not_launched(
    tenant: Tenant, domain: SendingDomain, bare: Campaign
) -> None:
    assert (bare.version, bare.mailing_list_id, bare.subject) == (1, None, "")
    with pytest.raises(LaunchRefused) as refused:
        request_launch(tenant_id=tenant.id, campaign_id=bare.pk, actor=SYSTEM)
    codes = {problem.code for problem in refused.value.errors}
    assert {"sender_empty", "subject_empty", "html_empty", "list_missing"} <= codes
    assert "domain_not_verified" not in codes


def test_an_empty_mail_has_no_preview(tenant: Tenant, bare: Campaign) -> None:
    with pytest.raises(PreviewProblem) as problem:
        render_preview(tenant_id=tenant.id, campaign_id=bare.pk, contact_id=None)
    assert problem.value.code == "html_empty"


def test_each_save_makes_the_next_version_and_one_that_changes_nothing_makes_none(bare: Campaign) -> None:
    assert save(bare, 1, subject="One").version == 2
    assert save(bare, 2, subject="Two", preheader="More").version == 3
    assert save(bare, 3, subject=" Two ").version == 3


def test_a_save_over_a_newer_version_changes_nothing(tenant: Tenant, bare: Campaign) -> None:
    save(bare, 1, BOB, subject="Bob's")
    with pytest.raises(DraftChanged) as late:
        save(bare, 1, subject="Alice's")
    assert (late.value.code, late.value.status) == ("draft_changed", 409)
    with tenant_scope(tenant.id):
        kept = Campaign.objects.get(pk=bare.pk)
    assert (kept.subject, kept.version) == ("Bob's", 2)
    event = last_change(kept)
    assert event is not None
    assert event.actor == BOB.name


def test_an_answer_that_was_lost_is_no_conflict_the_second_time(bare: Campaign) -> None:
    save(bare, 1, subject="Once")
    assert save(bare, 1, subject="Once").version == 2


def test_the_trail_names_a_stretch_of_work_once(tenant: Tenant, bare: Campaign) -> None:
    for number in range(5):
        save(bare, None, subject=f"{number}")
    save(bare, None, BOB, subject="Bob's")
    save(bare, None, subject="Alice's")
    save(bare, None, preheader="Another field")
    with tenant_scope(tenant.id):
        trail = list(AuditEvent.objects.filter(verb="changed").order_by("pk").values_list("actor", flat=True))
    assert trail == [ALICE.name, BOB.name, ALICE.name, ALICE.name]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "  "}, "name_empty"),
        ({"subject": "a\x00b"}, "nul_character"),
        ({"from_address": "no address"}, "bad_sender"),
        ({"reply_to": "a@b@c"}, "bad_reply_to"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_a_code(
    bare: Campaign, changes: dict[str, object], code: str
) -> None:
    with pytest.raises(BadDraft) as refused:
        save(bare, 1, **changes)
    assert refused.value.code == code


def test_another_tenants_list_and_campaign_do_not_exist(
    other_tenant: Tenant, bare: Campaign, mailing_list: ContactList
) -> None:
    theirs = create_campaign(tenant_id=other_tenant.id, draft=CampaignDraft(name="Theirs"), actor=BOB)
    with pytest.raises(ListGone):
        save(theirs, 1, mailing_list_id=mailing_list.pk)
    with pytest.raises(NotFound):
        save_draft(
            tenant_id=other_tenant.id, campaign_id=bare.pk, version=1, changes={"name": "Mine"}, actor=BOB
        )


def test_a_launched_campaign_takes_no_save(draft: Campaign, write: Write) -> None:
    request_launch(tenant_id=draft.tenant_id, campaign_id=draft.pk, actor=SYSTEM)
    with pytest.raises(CampaignError) as refused:
        save(draft, draft.version, subject="Too late")
    assert refused.value.code == "not_a_draft"


def test_a_planned_campaign_says_that_it_is_planned(draft: Campaign) -> None:
    schedule(
        tenant_id=draft.tenant_id, campaign_id=draft.pk, at=timezone.now() + timedelta(hours=1), actor=SYSTEM
    )
    for change in (
        lambda: save(draft, draft.version, subject="Later"),
        lambda: delete_draft(tenant_id=draft.tenant_id, campaign_id=draft.pk, actor=SYSTEM),
    ):
        with pytest.raises(CampaignError) as refused:
            change()
        assert refused.value.code == "scheduled"
