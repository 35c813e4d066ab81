"""Messages, figures and exports by API."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from accounts.models import Job
from accounts.tenancy import tenant_scope
from delivery.models import AttemptState, Message, Rollup
from relay_saas.mail.ids import format_id
from relay_saas.web.prefixed import public_id
from tests.api_client import Api, api_of
from tests.matrix.world import World, build
from tracking.models import Engagement, EngagementRollup

SCOPES = ("messages.read", "stats.read", "exports.read", "exports.write", "campaigns.read")


@pytest.fixture
def world(db: None) -> World:
    return build()


@pytest.fixture
def api(world: World) -> Api:
    return api_of(world.acme.id, *SCOPES)


def test_messages_are_searched_by_address_campaign_state_and_time(api: Api, world: World) -> None:
    [row] = api("GET", "messages").json["data"]
    assert (row["id"], row["to"], row["state"], row["open"]) == (
        world.acme.message, "hanako@gmail.test", "queued", True,
    )  # fmt: skip
    assert api("GET", f"messages/{row['id']}").json == row
    soon = quote((datetime.now(UTC) + timedelta(hours=1)).isoformat())
    for query, found in (
        ("email=Hanako@gmail.test", 1),
        ("email=nobody@gmail.test", 0),
        ("state=waiting", 1),
        ("state=delivered", 0),
        (f"before={soon}", 1),
        (f"since={soon}", 0),
        (f"campaign={public_id('cmp', world.acme.campaign)}", 0),
        (f"campaign={public_id('cmp', world.globex.campaign)}", 0),
    ):
        assert len(api("GET", f"messages?{query}").json["data"]) == found, query
    assert api("GET", "messages?state=dead").status == 400
    assert api("GET", "messages?campaign=12").status == 400
    assert api("GET", "messages?email=no%20address").status == 400
    assert (api("GET", "messages?email=a@b").status, api("GET", "messages?email=a@b").code) == (
        422, "bad_parameter",
    )  # fmt: skip


def test_a_message_is_paged_by_a_cursor_of_its_own(api: Api, world: World) -> None:
    with tenant_scope(world.acme.id):
        first = Message.objects.get()
        assert format_id("msg", first.id) == world.acme.message
    page = api("GET", "messages?limit=1").json
    assert page["next"] is None
    assert api("GET", "contacts?after=x").status == 403


def test_a_campaigns_figures_add_up(api: Api, world: World) -> None:
    campaign = public_id("cmp", world.acme.campaign)
    stats = api("GET", f"campaigns/{campaign}/stats").json
    assert stats["campaign"] == campaign
    totals = stats["totals"]
    assert totals["audience"] == sum(number for name, number in totals.items() if name != "audience")
    assert set(stats["people"]) == {"opened", "clicked", "unsubscribed", "complained"}


def test_figures_are_split_by_day_and_provider(api: Api, world: World) -> None:
    noon = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    with tenant_scope(world.acme.id):
        for days, state, n in (
            (0, AttemptState.DELIVERED, 5),
            (0, AttemptState.BOUNCED, 1),
            (1, AttemptState.DELIVERED, 2),
        ):
            Rollup.objects.create(
                tenant_id=world.acme.id,
                campaign_id=0,
                minute=noon + timedelta(days=days),
                provider_id=0,
                state=state,
                shard=0,
                n=n,
            )
        EngagementRollup.objects.create(
            tenant_id=world.acme.id,
            campaign_id=0,
            hour=noon,
            kind=Engagement.Kind.OPENED,
            link_index=-1,
            machine=False,
            total=9,
            messages=4,
        )
    span = "since=2026-11-20T00:00:00Z&before=2026-11-22T00:00:00Z"
    days = api("GET", f"stats?{span}&by=day").json["data"]
    assert [(row["day"], row["attempts"], row["people"]) for row in days] == [
        ("2026-11-20", {"delivered": 5, "bounced": 1}, {"opened": 4}),
        ("2026-11-21", {"delivered": 2}, {}),
    ]
    [whole] = api("GET", f"stats?{span}&by=all").json["data"]
    assert (whole["day"], whole["provider"], whole["attempts"]["delivered"]) == (None, None, 7)
    [provider] = api("GET", f"stats?{span}&by=provider").json["data"]
    assert (provider["provider"], provider["people"]) == ("unknown", {})
    assert len(api("GET", f"stats?{span}&by={quote('day,provider')}").json["data"]) == 2
    assert api("GET", "stats?since=2026-01-01T00:00:00Z&before=2026-11-01T00:00:00Z").code == "bad_span"
    assert api("GET", "stats?since=2026-11-02T00:00:00Z&before=2026-11-01T00:00:00Z").code == "bad_span"


def test_an_export_is_a_job(api: Api, world: World) -> None:
    started = api("POST", "exports", {"kind": "contacts", "state": "subscribed"})
    assert (started.status, started.json["kind"], started.json["state"]) == (202, "contact_export", "waiting")
    assert started.headers["Location"] == f"/api/v1/jobs/{started.json['id']}"
    campaign = public_id("cmp", world.acme.campaign)
    assert api("POST", "exports", {"kind": "recipients", "campaign": campaign}).status == 202
    assert api("POST", "exports", {"kind": "suppressions", "encoding": "cp932"}).status == 202
    whole = api("POST", "exports", {"kind": "organization"}).json["id"]
    assert api("POST", "exports", {"kind": "organization"}).json["id"] == whole
    assert len(api("GET", "exports").json["data"]) == 4
    assert api("POST", "exports", {"kind": "recipients"}).code == "campaign_of_recipients"
    assert api("POST", "exports", {"kind": "contacts", "state": "dead"}).code == "no_such_state"
    foreign = public_id("cmp", world.globex.campaign)
    assert api("POST", "exports", {"kind": "recipients", "campaign": foreign}).code == "unknown_id"
    with tenant_scope(world.acme.id):
        assert Job.objects.filter(kind="contact_export").get().arguments["encoding"] == "utf-8"


def test_the_organization_of_the_other_key_is_another(world: World, api: Api) -> None:
    theirs = api_of(world.globex.id, *SCOPES)
    assert api("GET", f"messages/{world.globex.message}").status == 404
    assert theirs("GET", f"messages/{world.globex.message}").status == 200
