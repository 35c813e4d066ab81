"""Copies, tags, the archive, and drafts thrown away."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.audit import SYSTEM
from accounts.models import Role, Tenant, User
from accounts.services.tenants import add_member
from accounts.tenancy import tenant_scope
from campaigns.exceptions import BadTags, CampaignError
from campaigns.models import Campaign
from campaigns.selectors.campaigns import tags_in_use
from campaigns.services.copies import duplicate, repeat
from campaigns.services.shelf import archive, delete_draft, set_tags, tags_of, unarchive
from tests.campaigns.kinds import Write


def key(campaign: Campaign) -> dict[str, object]:
    return {"tenant_id": campaign.tenant_id, "campaign_id": campaign.pk, "actor": SYSTEM}


@pytest.fixture
def marketer(tenant: Tenant) -> Client:
    user = User.objects.create_user("eva@people.test")
    add_member(tenant_id=tenant.pk, user=user, role=Role.MARKETER, actor=SYSTEM)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def test_a_copy_says_the_same_and_is_a_draft(sending: Campaign) -> None:
    set_tags(**key(sending), tags=["spring"])
    made = duplicate(**key(sending))
    assert (made.name, made.state, made.tags) == (f"Copy of {sending.name}", "draft", ["spring"])
    assert (made.subject, made.html_source) == (sending.subject, sending.html_source)
    assert (made.launched_at, made.repeat_of_id, made.content_id) == (None, None, None)


def test_a_repeat_of_a_repeat_looks_at_the_first_one(sending: Campaign) -> None:
    with pytest.raises(CampaignError) as early:
        repeat(**key(sending), doubts=False)
    assert early.value.code == "not_finished"
    with tenant_scope(sending.tenant_id):
        Campaign.objects.filter(pk=sending.pk).update(state="sent", finished_at="2026-11-24T00:00Z")
    again = repeat(**key(sending), doubts=True)
    assert (again.repeat_of_id, again.repeat_doubts, again.state) == (sending.pk, True, "draft")
    with tenant_scope(sending.tenant_id):
        Campaign.objects.filter(pk=again.pk).update(
            state="sent", launched_at="2026-11-24T00:00Z", finished_at="2026-11-24T00:00Z"
        )
    assert repeat(**key(again), doubts=False).repeat_of_id == sending.pk
    assert duplicate(**key(again)).repeat_of_id == sending.pk


@pytest.mark.parametrize(
    ("line", "tags"),
    [
        ("", []),
        (" spring ,春、 セール,spring", ["spring", "春", "セール"]),
        ("two  words;a\x07b", ["two words", "ab"]),
    ],
)
def test_tags_are_read_from_a_line(line: str, tags: list[str]) -> None:
    assert tags_of(line) == tags


@pytest.mark.parametrize(
    ("line", "code"), [("x" * 41, "tag_too_long"), ("1,2,3,4,5,6,7,8,9,10,11", "too_many_tags")]
)
def test_too_much_of_a_tag_is_refused(line: str, code: str) -> None:
    with pytest.raises(BadTags) as refused:
        tags_of(line)
    assert refused.value.code == code


def test_only_what_has_ended_or_not_begun_is_archived(draft: Campaign, sending: Campaign) -> None:
    with pytest.raises(CampaignError):
        archive(**key(sending))
    with tenant_scope(sending.tenant_id):
        Campaign.objects.filter(pk=sending.pk).update(state="sent")
    first = archive(**key(sending)).archived_at
    assert archive(**key(sending)).archived_at == first
    assert unarchive(**key(sending)).archived_at is None


def test_only_a_draft_is_deleted(tenant: Tenant, sending: Campaign, write: Write) -> None:
    thrown = write(name="Thrown away")
    delete_draft(**key(thrown))
    with pytest.raises(CampaignError):
        delete_draft(**key(sending))
    with tenant_scope(tenant.pk):
        assert [one.pk for one in Campaign.objects.all()] == [sending.pk]


def test_the_list_finds_by_tag_words_state_and_archive(
    tenant: Tenant, marketer: Client, draft: Campaign, write: Write
) -> None:
    other = write(name="Summer sale", subject="Hot")
    set_tags(**key(other), tags=["sale", "夏"])
    archive(**key(write(name="Old thing")))
    assert tags_in_use(tenant_id=tenant.pk) == ["sale", "夏"]
    place = reverse("tracking:campaigns", args=["acme"])

    def shown(**query: str) -> set[str]:
        page = marketer.get(place, query).content.decode()
        return {name for name in ("Spring", "Summer sale", "Old thing") if f">{name}</a>" in page}

    assert shown() == {"Spring", "Summer sale"}
    assert shown(tag="夏") == shown(q="HOT") == shown(q="summer") == {"Summer sale"}
    assert shown(archived="1") == {"Old thing"}
    assert shown(state="scheduled") == shown(q="%") == shown(tag="sal") == set()


def test_the_rows_deeds_lead_back_to_the_same_part_of_the_list(marketer: Client, draft: Campaign) -> None:
    place = reverse("tracking:campaigns", args=["acme"])
    answer = marketer.post(reverse("campaigns:archive", args=["acme", draft.pk]), {"back": "state=draft"})
    assert answer["Location"] == f"{place}?state=draft"
    assert marketer.post(reverse("campaigns:delete", args=["acme", draft.pk]))["Location"] == place


def test_tags_are_written_on_a_page_of_their_own(tenant: Tenant, marketer: Client, draft: Campaign) -> None:
    place = reverse("campaigns:tags", args=["acme", draft.pk])
    refused = marketer.post(place, {"tags": "x" * 41})
    assert refused.status_code == 422
    assert "x" * 41 in refused.content.decode()
    assert marketer.post(place, {"tags": "a, b"}).status_code == 302
    with tenant_scope(tenant.pk):
        assert Campaign.objects.get(pk=draft.pk).tags == ["a", "b"]
