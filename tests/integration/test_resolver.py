"""Routes from a resolver that asks a small server: MX, implicit, null, missing, failing and lying names."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

import pytest

from relay_saas.mail.dns import (
    ADDRESSES_LIMIT,
    HOSTS_LIMIT,
    CacheLimits,
    DnsTemporaryError,
    Resolver,
    Route,
    RouteKind,
    candidates,
    site_key,
)
from tests.integration.dns_server import DnsServer, Zone
from tests.integration.smtp_session import run

PUBLIC = "8.8.4.4"
ZONE: Zone = {
    ("shop.test", "MX"): ["20 mx2.shop.test.", "10 MX1.shop.test."],
    ("mx1.shop.test", "A"): ["8.8.4.4"],
    ("mx1.shop.test", "AAAA"): ["2001:4860:4860::8844"],
    ("mx2.shop.test", "A"): ["8.8.8.8"],
    ("bare.test", "A"): [PUBLIC],
    ("six.test", "AAAA"): ["2001:4860:4860::8888"],
    ("null.test", "MX"): ["0 ."],
    ("null.test", "A"): [PUBLIC],
    ("empty.test", "TXT"): ['"nothing else"'],
    ("alias.test", "CNAME"): ["shop.test."],
    ("broken.test", "MX"): ["10 gone.shop.test."],
    ("key.test", "TXT"): ['"v=DKIM1; k=rsa; p=MIIB" "rest"', '"another"'],
    ("r1._domainkey.news.test", "CNAME"): ["R1.abc.dkim.relay.test."],
}


def answers(work: Callable[[DnsServer, Resolver], Awaitable[None]], zone: Zone | None = None) -> None:
    """Run with a server of this zone and a resolver that asks it."""

    async def inside() -> None:
        async with DnsServer(dict(ZONE if zone is None else zone)) as server:
            await work(server, Resolver(server.address, lifetime=0.5))

    run(inside())


def route_of(domain: str, zone: Zone | None = None, moods: dict[str, str] | None = None) -> Route:
    """One look-up."""
    found: list[Route] = []

    async def work(server: DnsServer, resolver: Resolver) -> None:
        server.moods = moods or {}
        found.append(await resolver.mx(domain))

    answers(work, zone)
    return found[0]


def targets(route: Route, version: int = 4) -> list[str]:
    return [
        address for _, address in candidates(route, version=version, networks=(), random=Random(1)).targets
    ]


def test_mx_hosts_come_by_preference_with_both_families() -> None:
    route = route_of("Shop.test.")
    assert route.kind is RouteKind.MX
    assert [(host.name, host.preference) for host in route.hosts] == [
        ("mx1.shop.test", 10),
        ("mx2.shop.test", 20),
    ]
    assert targets(route) == ["8.8.4.4", "8.8.8.8"]
    assert targets(route, version=6) == ["2001:4860:4860::8844"]
    assert site_key(route) == "mx1.shop.test,mx2.shop.test"
    assert route.families == {4, 6}
    assert route.ttl == pytest.approx(300, abs=5)


@pytest.mark.parametrize(
    ("domain", "kind", "addresses"),
    [
        ("bare.test", RouteKind.IMPLICIT, [PUBLIC]),
        ("six.test", RouteKind.IMPLICIT, []),
        ("null.test", RouteKind.NULL, []),
        ("gone.test", RouteKind.NXDOMAIN, []),
        ("empty.test", RouteKind.NXDOMAIN, []),
        ("alias.test", RouteKind.MX, ["8.8.4.4", "8.8.8.8"]),
        ("broken.test", RouteKind.TEMPORARY, []),
        ("", RouteKind.NXDOMAIN, []),
        ("a..test", RouteKind.NXDOMAIN, []),
        ("x" * 64 + ".test", RouteKind.NXDOMAIN, []),
        ("[192.0.2.1]", RouteKind.NXDOMAIN, []),
    ],
)
def test_a_domain_has_its_kind_of_route(domain: str, kind: RouteKind, addresses: list[str]) -> None:
    route = route_of(domain)
    assert (route.kind, targets(route)) == (kind, addresses)


@pytest.mark.parametrize("mood", ["SERVFAIL", "REFUSED", "TIMEOUT", "NOTIMP", "FORMERR"])
def test_a_failing_server_is_temporary_even_where_an_address_is_known(mood: str) -> None:
    assert route_of("bare.test", moods={"bare.test": mood}).kind is RouteKind.TEMPORARY


def test_no_mx_host_is_dropped_for_good_when_its_server_fails() -> None:
    moods = {"mx1.shop.test": "SERVFAIL", "mx2.shop.test": "SERVFAIL"}
    assert route_of("shop.test", moods=moods).kind is RouteKind.TEMPORARY
    assert targets(route_of("shop.test", moods={"mx1.shop.test": "SERVFAIL"})) == ["8.8.8.8"]


def test_many_hosts_are_bounded_and_still_name_the_site() -> None:
    zone: Zone = {("big.test", "MX"): [f"10 mx{number}.big.test." for number in range(200)]}
    zone |= {(f"mx{number}.big.test", "A"): ["8.8.4.4", "8.8.8.8"] for number in range(200)}
    route = route_of("big.test", zone)
    assert len(targets(route)) == ADDRESSES_LIMIT
    assert sum(bool(host.addresses) for host in route.hosts) == HOSTS_LIMIT
    assert site_key(route).count(",") == 199


def test_a_truncated_answer_is_asked_again_over_tcp() -> None:
    async def work(server: DnsServer, resolver: Resolver) -> None:
        server.truncate = True
        assert (await resolver.mx("shop.test")).kind is RouteKind.MX

    answers(work)


@pytest.mark.parametrize("exchange", ["192.0.2.1.", "localhost.shop.test.", "meta.shop.test."])
def test_an_mx_that_leads_inside_leads_nowhere(exchange: str) -> None:
    zone: Zone = {
        ("trap.test", "MX"): [f"10 {exchange}"],
        ("localhost.shop.test", "A"): ["127.0.0.1"],
        ("meta.shop.test", "A"): ["169.254.169.254"],
    }
    route = route_of("trap.test", zone)
    found = candidates(route, version=4, networks=(), random=Random(1))
    assert found.targets == ()
    assert bool(found.refused) == (route.kind is RouteKind.MX)


def test_equal_preferences_are_shuffled_and_others_are_not() -> None:
    zone: Zone = {("even.test", "MX"): ["10 a.even.test.", "10 b.even.test.", "20 c.even.test."]}
    zone |= {(f"{name}.even.test", "A"): [f"8.8.8.{number}"] for number, name in enumerate("abc", start=1)}
    route = route_of("even.test", zone)
    orders = {
        tuple(host.name[0] for host, _ in candidates(route, version=4, networks=(), random=Random(n)).targets)
        for n in range(50)
    }
    assert orders == {("a", "b", "c"), ("b", "a", "c")}


def test_one_look_up_is_in_flight_per_name() -> None:
    async def work(server: DnsServer, resolver: Resolver) -> None:
        routes = await asyncio.gather(*(resolver.mx("shop.test") for _ in range(50)))
        assert len(set(routes)) == 1
        assert len(server.asked) == len(set(server.asked)) == 5

    answers(work)


def test_a_cancelled_waiter_does_not_cancel_the_look_up_of_others() -> None:
    async def work(server: DnsServer, resolver: Resolver) -> None:
        first, second = (asyncio.create_task(resolver.mx("shop.test")) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        assert (await second).kind is RouteKind.MX

    answers(work)


@pytest.mark.parametrize(("ttl", "kept"), [(1, 60), (300, 300), (86400, 3600)])
def test_a_ttl_is_kept_between_a_minute_and_an_hour(ttl: int, kept: int) -> None:
    async def inside() -> None:
        now = [0.0]
        async with DnsServer(dict(ZONE), ttl=ttl) as server:
            resolver = Resolver(server.address, clock=lambda: now[0])
            await resolver.mx("bare.test")
            before = server.asked.count(("bare.test", "A"))
            now[0] = kept - 0.1
            await resolver.mx("bare.test")
            assert server.asked.count(("bare.test", "A")) == before
            now[0] = kept + 0.1
            await resolver.mx("bare.test")
            assert server.asked.count(("bare.test", "A")) == before + 1

    run(inside())


def test_a_missing_name_is_asked_again_within_minutes() -> None:
    async def inside() -> None:
        now = [0.0]
        async with DnsServer(dict(ZONE), ttl=86400) as server:
            resolver = Resolver(server.address, clock=lambda: now[0])
            assert (await resolver.mx("gone.test")).kind is RouteKind.NXDOMAIN
            server.zone["gone.test", "A"] = [PUBLIC]
            now[0] = CacheLimits().negative + 1
            assert (await resolver.mx("gone.test")).kind is RouteKind.IMPLICIT

    run(inside())


def test_a_stale_answer_stands_in_for_an_hour_while_the_server_fails() -> None:
    async def inside() -> None:
        now = [0.0]
        async with DnsServer(dict(ZONE), ttl=300) as server:
            resolver = Resolver(server.address, clock=lambda: now[0])
            fresh = await resolver.mx("shop.test")
            server.moods = dict.fromkeys(("shop.test", "mx1.shop.test", "mx2.shop.test"), "SERVFAIL")
            now[0] = 300 + 3590
            assert await resolver.mx("shop.test") == fresh
            asked = len(server.asked)
            now[0] += CacheLimits().failure - 1
            assert await resolver.mx("shop.test") == fresh
            assert len(server.asked) == asked, "a server that is down is not asked for every message"
            now[0] = 300 + 3599
            assert await resolver.mx("shop.test") == fresh
            now[0] = 300 + 3601
            assert (await resolver.mx("shop.test")).kind is RouteKind.TEMPORARY
            server.moods = {}
            now[0] += CacheLimits().failure + 1
            assert await resolver.mx("shop.test") == fresh

    run(inside())


def test_a_changed_answer_is_taken_when_its_time_has_come() -> None:
    async def inside() -> None:
        now = [0.0]
        async with DnsServer(dict(ZONE), ttl=60) as server:
            resolver = Resolver(server.address, clock=lambda: now[0])
            await resolver.mx("shop.test")
            server.zone["shop.test", "MX"] = ["10 mx2.shop.test."]
            now[0] = 61
            assert site_key(await resolver.mx("shop.test")) == "mx2.shop.test"

    run(inside())


def test_txt_strings_are_joined_and_records_are_not() -> None:
    async def work(server: DnsServer, resolver: Resolver) -> None:
        assert sorted(await resolver.txt("key.test")) == ["another", "v=DKIM1; k=rsa; p=MIIBrest"]
        assert await resolver.txt("gone.test") == ()
        assert await resolver.cname("r1._domainkey.news.test") == "r1.abc.dkim.relay.test"
        assert await resolver.cname("shop.test") is None
        server.moods["key2.test"] = "SERVFAIL"
        with pytest.raises(DnsTemporaryError):
            await resolver.txt("key2.test")

    answers(work)


def test_a_resolver_that_is_down_is_temporary() -> None:
    async def inside() -> None:
        async with DnsServer() as server:
            address = server.address
        assert (await Resolver(address, lifetime=0.5).mx("shop.test")).kind is RouteKind.TEMPORARY

    run(inside())


@pytest.mark.parametrize(
    ("name", "zone"),
    [("news.shop.test", "shop.test"), ("shop.test", "shop.test"), ("a.deep.shop.test", "deep.shop.test")],
)
def test_the_zone_of_a_name_is_its_nearest_ancestor_with_an_soa(name: str, zone: str) -> None:
    soa = ["ns1.shop.test. hostmaster.shop.test. 1 3600 600 86400 60"]

    async def work(server: DnsServer, resolver: Resolver) -> None:
        assert await resolver.zone(name) == zone

    answers(work, {("shop.test", "SOA"): soa, ("deep.shop.test", "SOA"): soa, ("test", "SOA"): soa})


def test_a_top_level_domain_is_nobodys_zone_and_silence_is_no_answer() -> None:
    async def work(server: DnsServer, resolver: Resolver) -> None:
        assert await resolver.zone("news.shop.test") == ""
        server.moods["mail.silent.test"] = "SERVFAIL"
        with pytest.raises(DnsTemporaryError):
            await resolver.zone("mail.silent.test")

    answers(work, {("test", "SOA"): ["ns1.test. hostmaster.test. 1 3600 600 86400 60"]})
