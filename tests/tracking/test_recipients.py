"""Recipients of a campaign and the list of messages: every filter finds exactly its own, page by page."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.jobs import RunningJob
from accounts.models import Job, Role, Tenant, User
from accounts.services.tenants import add_member
from campaigns.models import Campaign
from delivery.models import AttemptState
from relay_saas.mail.ids import format_id
from tests.tracking.people import attempted, did, launched
from tracking.selectors import messages
from tracking.selectors.message_keys import Wanted, range_of_campaign
from tracking.selectors.messages import recipient_page
from tracking.services.recipient_export import run

A = AttemptState


@pytest.fixture
def client(tenant: Tenant) -> Client:
    """A marketer's browser."""
    user = User.objects.create_user("marketer@acme.test")
    add_member(tenant_id=tenant.pk, user=user, role=Role.MARKETER, actor=SYSTEM)
    browser = Client(headers={"Accept-Language": "en"})
    browser.force_login(user)
    return browser


def found(campaign: Campaign, state: str, **more: Any) -> list[UUID]:
    wanted = Wanted(ids=range_of_campaign(campaign), state=state, campaign_id=campaign.pk, **more)
    page = recipient_page(tenant_id=campaign.tenant_id, wanted=wanted, cursor=None)
    return [row.message.id for row in page.items]


def test_each_state_finds_its_own(tenant: Tenant, campaign: Campaign) -> None:
    delivered, bounced, waits, late = launched(campaign, A.DELIVERED, A.BOUNCED, None, A.DELIVERED)
    attempted(campaign, late, A.BOUNCED, "mailbox_full")
    assert found(campaign, "delivered") == [delivered]
    assert found(campaign, "bounced") == [late, bounced]
    assert found(campaign, "waiting") == [waits]
    assert found(campaign, "suppressed") == []
    assert found(campaign, "nonsense") == []
    assert found(campaign, "") == [late, waits, bounced, delivered]


def test_reactions_are_found_with_and_without_machines(tenant: Tenant, campaign: Campaign) -> None:
    person, machine, both, _none = launched(campaign, *[A.DELIVERED] * 4)
    did(campaign, [person, both], "clicked", link=0)
    did(campaign, [machine, both], "clicked", link=0, machine=True)
    did(campaign, [person], "clicked", link=0)
    did(campaign, [person], "clicked", link=3)
    did(campaign, [both], "unsubscribed")
    assert found(campaign, "clicked") == [both, person]
    assert found(campaign, "clicked", machines=True) == [both, machine, person]
    assert found(campaign, "clicked", link=0) == [both, person]
    assert found(campaign, "clicked", link=0, machines=True) == [both, machine, person]
    assert found(campaign, "clicked", link=3) == [person]
    assert found(campaign, "unsubscribed") == [both]
    assert found(campaign, "complained") == []


def test_another_campaigns_recipients_are_not_among_them(tenant: Tenant, campaign: Campaign) -> None:
    launched(campaign, A.DELIVERED, A.BOUNCED)
    other = Campaign.objects.get(pk=campaign.pk)
    other.pk, other.launched_at = None, timezone.now()
    other.save(force_insert=True)
    assert found(other, "") == []
    assert found(other, "bounced") == []


def test_pages_follow_each_other_without_a_gap(
    tenant: Tenant, client: Client, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "PAGE_SIZE", 2)
    made = launched(campaign, *[A.DELIVERED] * 5)
    wanted = Wanted(ids=range_of_campaign(campaign), state="delivered")
    seen: list[UUID] = []
    cursor: str | None = None
    for _ in range(3):
        page = recipient_page(tenant_id=tenant.pk, wanted=wanted, cursor=cursor)
        seen += [row.message.id for row in page.items]
        cursor = page.next_cursor
    assert (seen, cursor) == (made[::-1], None)


def test_a_row_leads_to_its_message_and_says_what_they_did(
    tenant: Tenant, client: Client, campaign: Campaign
) -> None:
    clicked, bounced = launched(campaign, A.DELIVERED, A.BOUNCED)
    did(campaign, [clicked], "clicked", link=0)
    did(campaign, [clicked], "opened", machine=True)
    path = f"/o/acme/campaigns/{campaign.pk}/recipients/"
    shown = client.get(path).content.decode()
    assert f"/o/acme/messages/{format_id('msg', bounced)}/" in shown
    assert "No such mailbox" in shown
    assert "(machine)" not in shown
    assert "(machine)" in client.get(path, {"machines": "1"}).content.decode()
    assert "No recipient of this campaign fits" in client.get(path, {"state": "complained"}).content.decode()


@pytest.mark.parametrize(
    "query",
    [{"link": "x", "state": "clicked"}, {"link": "99999999"}, {"state": "\0"}, {"link": "-1"}],
)
def test_a_query_that_nobody_meant_finds_nothing_and_breaks_nothing(
    tenant: Tenant, client: Client, campaign: Campaign, query: dict[str, str]
) -> None:
    launched(campaign, A.DELIVERED)
    assert client.get(f"/o/acme/campaigns/{campaign.pk}/recipients/", query).status_code == 200


def test_messages_are_found_by_campaign_state_and_day(
    tenant: Tenant, client: Client, campaign: Campaign
) -> None:
    launched(campaign, A.DELIVERED, A.BOUNCED)
    day = timezone.localdate().isoformat()

    def shown(**query: object) -> list[str]:
        text = client.get("/o/acme/messages/", query).content.decode()
        return [name for name in ("reader1", "reader2") if f"{name}@gmail.test</a>" in text]

    assert shown(campaign=campaign.pk) == ["reader1", "reader2"]
    assert shown(campaign=campaign.pk, state="bounced") == ["reader2"]
    assert shown(q="reader1@gmail.test", state="bounced") == []
    assert shown(q="reader2@gmail.test", state="bounced") == ["reader2"]
    assert shown(state="delivered", begin="2020-01-01", end=day) == ["reader1"]
    assert shown(end="2020-01-01") == []
    assert (
        "The period ends before it begins."
        in client.get("/o/acme/messages/", {"begin": "2026-02-02", "end": "2026-02-01"}).content.decode()
    )


def test_a_message_is_found_by_its_id(tenant: Tenant, client: Client, campaign: Campaign) -> None:
    one, _other = launched(campaign, A.DELIVERED, A.DELIVERED)
    shown = client.get("/o/acme/messages/", {"q": format_id("msg", one)}).content.decode()
    assert "reader1" in shown
    assert "reader2" not in shown
    assert "No such message" in client.get("/o/acme/messages/", {"q": "msg_x"}).content.decode()


def test_the_export_writes_what_the_filter_shows(
    tenant: Tenant, client: Client, campaign: Campaign, settings: Any, tmp_path: Path
) -> None:
    settings.RELAY_DATA_DIR = tmp_path
    clicked, _other, bounced = launched(campaign, A.DELIVERED, A.DELIVERED, A.BOUNCED)
    did(campaign, [clicked], "clicked", link=0)
    path = f"/o/acme/campaigns/{campaign.pk}/recipients/export/"
    texts = []
    for data in ({"state": ""}, {"state": "clicked", "link": "0"}, {"state": "bounced", "encoding": "cp932"}):
        answer = client.post(path, data)
        job = Job.objects.order_by("-id").first()
        assert job is not None
        assert answer.headers["Location"] == f"/o/acme/jobs/{job.pk}/"
        running = RunningJob(job)
        assert run(running)["rows"] == (3 if not data["state"] else 1)
        assert running.kept is not None
        texts.append(running.kept.path.read_bytes())
    assert texts[0].startswith("\ufeff".encode())
    assert texts[1].decode("utf-8-sig").splitlines()[1].startswith("reader1@gmail.test,Delivered,,,,2")
    assert texts[2].decode("cp932").splitlines()[1].startswith("reader3@gmail.test,Bounced,recipient_unknown")
    assert format_id("msg", bounced) in texts[2].decode("cp932")
