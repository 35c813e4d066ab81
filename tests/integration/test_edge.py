"""The edge against the real database: what changes, what does not, and who it thinks did it."""

import asyncio
from collections.abc import Callable, Coroutine
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from accounts.audit import SYSTEM
from accounts.tenancy import tenant_scope
from campaigns.models import Subscription, Suppression
from campaigns.services.media import upload_media
from campaigns.services.media_files import path_of
from relay_saas.mail.tokens import Purpose, Token, encode
from tests.integration.edge_client import EdgeClient, Response, keys, running_edge
from tests.integration.organizations import Organization, make_organization
from tests.unit.mail.test_picture import png
from tracking.models import Engagement, EngagementCounter

pytestmark = pytest.mark.usefixtures("committed")
ONE_CLICK = b"List-Unsubscribe=One-Click"


def token(organization: Organization, purpose: Purpose, extra: int = 0) -> str:
    told = Token(purpose, organization.tenant.number, organization.message_id, extra)
    return encode(told, organization.host, keys())


def at_the_edge(work: Callable[[EdgeClient], Coroutine[Any, Any, Any]]) -> Any:
    """Runs `work` on an edge; everything is written when this returns."""

    async def run() -> Any:
        async with running_edge() as client:
            return await work(client)

    return asyncio.run(run())


def engagements(organization: Organization) -> list[tuple[str, bool, str]]:
    with tenant_scope(organization.tenant.pk):
        rows = Engagement.objects.filter(message_id=organization.message_id).order_by("at")
        return list(rows.values_list("kind", "machine", "reason"))


def subscribed(organization: Organization) -> bool:
    with tenant_scope(organization.tenant.pk):
        return Subscription.objects.filter(
            contact=organization.contact, state=Subscription.State.SUBSCRIBED
        ).exists()


def test_a_click_leads_to_the_stored_target_and_is_counted() -> None:
    shop = make_organization(links=("https://shop.example/a", "https://shop.example/b"))
    link = f"/c/{token(shop, Purpose.CLICK, 1)}"
    answer: Response = at_the_edge(lambda client: client.send("GET", shop.host, link))
    assert (answer.status, answer.headers["location"]) == (302, "https://shop.example/b")
    assert "set-cookie" not in answer.headers
    assert engagements(shop) == [("clicked", False, "")]
    with tenant_scope(shop.tenant.pk):
        counter = EngagementCounter.objects.get(campaign_id=shop.campaign.pk)
        assert (counter.total, counter.messages, counter.machine) == (1, 1, False)


def test_a_target_is_filled_with_what_the_message_froze() -> None:
    shop = make_organization(links=("https://shop.example/?c={{ contact.coupon | url_encode }}",))
    link = f"/c/{token(shop, Purpose.CLICK)}"
    answer = at_the_edge(lambda client: client.send("GET", shop.host, link))
    assert answer.headers["location"] == "https://shop.example/?c=A+1"


def test_a_merge_value_cannot_choose_where_a_click_leads() -> None:
    shop = make_organization(links=("{{ contact.coupon }}",))
    link = f"/c/{token(shop, Purpose.CLICK)}"
    assert at_the_edge(lambda client: client.send("GET", shop.host, link)).status == 404


def test_opens_are_counted_once_per_message_and_each_time_in_total() -> None:
    shop = make_organization()
    pixel = f"/o/{token(shop, Purpose.OPEN)}.gif"

    async def twice(client: EdgeClient) -> Response:
        await client.send("GET", shop.host, pixel)
        return await client.send("GET", shop.host, pixel)

    answer = at_the_edge(twice)
    assert (answer.status, answer.headers["content-type"], answer.body[:6]) == (200, "image/gif", b"GIF89a")
    with tenant_scope(shop.tenant.pk):
        counter = EngagementCounter.objects.get(campaign_id=shop.campaign.pk, kind="opened")
        assert (counter.total, counter.messages) == (2, 1)


def test_a_scanner_that_fetches_every_link_is_a_machine() -> None:
    shop = make_organization(links=tuple(f"https://shop.example/{n}" for n in range(4)))

    async def scan(client: EdgeClient) -> None:
        for index in range(4):
            await client.send("GET", shop.host, f"/c/{token(shop, Purpose.CLICK, index)}")

    at_the_edge(scan)
    assert engagements(shop) == [("clicked", True, "many_links_at_once")] * 4


@pytest.mark.parametrize(
    ("agent", "reason"),
    [
        ("Mozilla/5.0", "apple_mpp"),
        ("python-requests/2.32", "not_a_mail_client"),
        ("Mozilla/5.0 (compatible; bingbot/2.0)", "scanner"),
    ],
)
def test_programs_are_told_from_people_by_name(agent: str, reason: str) -> None:
    shop = make_organization()
    pixel = f"/o/{token(shop, Purpose.OPEN)}.gif"
    at_the_edge(lambda client: client.send("GET", shop.host, pixel, agent=agent))
    assert engagements(shop) == [("opened", True, reason)]


def test_one_click_ends_the_list_at_once_without_cookie_or_redirect() -> None:
    shop = make_organization()
    link = f"/u/{token(shop, Purpose.UNSUBSCRIBE)}"
    answer = at_the_edge(lambda client: client.send("POST", shop.host, link, body=ONE_CLICK))
    assert answer.status == 200
    assert {"set-cookie", "location"}.isdisjoint(answer.headers)
    assert not subscribed(shop)
    assert engagements(shop) == [("unsubscribed", False, "one_click")]


def test_a_second_one_click_changes_nothing_and_answers_the_same() -> None:
    shop = make_organization()
    link = f"/u/{token(shop, Purpose.UNSUBSCRIBE)}"

    async def twice(client: EdgeClient) -> list[int]:
        return [(await client.send("POST", shop.host, link, body=ONE_CLICK)).status for _ in range(2)]

    assert at_the_edge(twice) == [200, 200]
    assert len(engagements(shop)) == 1


def test_a_one_click_in_multipart_form_is_understood() -> None:
    shop = make_organization()
    body = b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
    link = f"/u/{token(shop, Purpose.UNSUBSCRIBE)}"
    at_the_edge(lambda client: client.send("POST", shop.host, link, body=body))
    assert not subscribed(shop)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_looking_at_the_unsubscribe_page_changes_nothing(method: str) -> None:
    shop = make_organization()
    link = f"/u/{token(shop, Purpose.UNSUBSCRIBE)}"
    at_the_edge(lambda client: client.send(method, shop.host, link))
    assert subscribed(shop)
    assert engagements(shop) == []


def test_the_page_speaks_the_readers_language_and_masks_the_address() -> None:
    shop = make_organization()
    link = f"/u/{token(shop, Purpose.UNSUBSCRIBE)}"
    english = at_the_edge(lambda client: client.send("GET", shop.host, link, language="en-GB"))
    japanese = at_the_edge(lambda client: client.send("GET", shop.host, link, language="ja,en;q=0.5"))
    assert b'<html lang="en">' in english.body
    assert b'<html lang="ja">' in japanese.body
    assert "配信" in japanese.body.decode()
    assert shop.contact.email.encode() not in english.body
    assert b"r***@" in english.body
    assert "default-src 'none'" in english.headers["content-security-policy"]


def test_a_mistaken_unsubscribe_can_be_undone() -> None:
    shop = make_organization()
    link = f"/u/{token(shop, Purpose.UNSUBSCRIBE)}"

    async def there_and_back(client: EdgeClient) -> list[Response]:
        gone = await client.send("POST", shop.host, link, body=b"action=unsubscribe")
        return [gone, await client.send("POST", shop.host, link, body=b"action=undo")]

    gone, back = at_the_edge(there_and_back)
    assert b"You are unsubscribed" in gone.body
    assert b"You are subscribed again" in back.body
    assert subscribed(shop)
    assert [kind for kind, _machine, _reason in engagements(shop)] == ["unsubscribed", "subscribed"]


def test_without_its_message_a_token_still_unsubscribes() -> None:
    """Where the month of the message was dropped, the id itself leads to campaign and contact."""
    shop = make_organization(in_ledger=False)
    link = f"/u/{token(shop, Purpose.UNSUBSCRIBE)}"
    answer = at_the_edge(lambda client: client.send("POST", shop.host, link, body=ONE_CLICK))
    assert answer.status == 200
    assert not subscribed(shop)


@pytest.mark.parametrize("kind", ["c", "o", "u"])
def test_a_tampered_or_foreign_token_is_refused_alike(kind: str) -> None:
    shop, other = make_organization(), make_organization()
    purpose = {"c": Purpose.CLICK, "o": Purpose.OPEN, "u": Purpose.UNSUBSCRIBE}[kind]
    good = token(shop, purpose)
    end = ".gif" if kind == "o" else ""
    flipped = good[:20] + ("a" if good[20] != "a" else "b") + good[21:]

    async def tries(client: EdgeClient) -> list[Response]:
        return [
            await client.send("GET", shop.host, f"/{kind}/{flipped}{end}"),
            await client.send("GET", other.host, f"/{kind}/{good}{end}"),
            await client.send("GET", shop.host, f"/{kind}/{token(shop, Purpose.RETURN_PATH)}{end}"),
            await client.send("GET", shop.host, f"/{kind}/nonsense{end}"),
        ]

    answers = at_the_edge(tries)
    assert {answer.status for answer in answers} == {404}
    assert engagements(shop) == []


def test_a_post_that_says_nothing_does_nothing() -> None:
    shop = make_organization()
    link = f"/u/{token(shop, Purpose.UNSUBSCRIBE)}"
    assert at_the_edge(lambda client: client.send("POST", shop.host, link, body=b"")).status == 400
    assert at_the_edge(lambda client: client.send("POST", shop.host, link, body=b"x" * 5000)).status == 413
    assert subscribed(shop)


def test_an_opt_out_of_a_person_without_a_contact_stops_all_marketing() -> None:
    shop = make_organization()
    with tenant_scope(shop.tenant.pk):
        shop.contact.delete()
    link = f"/u/{token(shop, Purpose.UNSUBSCRIBE)}"
    at_the_edge(lambda client: client.send("POST", shop.host, link, body=ONE_CLICK))
    with tenant_scope(shop.tenant.pk):
        assert Suppression.objects.get().scope == Suppression.Scope.MARKETING


def test_a_picture_is_served_to_anybody_and_kept_for_ever(settings: Any, tmp_path: Path) -> None:
    settings.RELAY_DATA_DIR = tmp_path
    shop = make_organization()
    media = upload_media(
        tenant_id=shop.tenant.pk, file=BytesIO(png()), file_name="tree.png", alt="", actor=SYSTEM
    )
    path = path_of(shop.tenant.number, media)

    async def ask(client: EdgeClient) -> list[Response]:
        return [
            await client.send("GET", shop.host, path),
            await client.send("HEAD", shop.host, path),
            await client.send("POST", shop.host, path),
            await client.send("GET", shop.host, path.replace(".png", ".gif")),
            await client.send("GET", shop.host, "/m/../../secrets"),
        ]

    found, head, *others = at_the_edge(ask)
    assert (found.status, found.body, found.headers["content-type"]) == (200, png(), "image/png")
    assert found.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert found.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert found.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in found.headers
    assert head.body == b""
    assert [other.status for other in others] == [405, 404, 404]
