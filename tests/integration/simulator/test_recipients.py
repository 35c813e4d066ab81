"""Recipients react over HTTP to the edge: pictures, links, one-click, scanners."""

from pathlib import Path

import pytest

from tests.integration.simulator.edge_server import edge_server
from tests.integration.simulator.signed import letter
from tests.integration.simulator.world import World, simulator, wait_for

DOMAIN = "news.acme.test"


def deliver(world: World, address: str, recipient: str, message: bytes) -> None:
    client = world.connect(address)
    client.ask("EHLO mx1.relay.test\r\n")
    assert client.deliver(recipient, message).startswith("250")


def test_people_open_click_and_unsubscribe_by_one_click(
    tmp_path_factory: pytest.TempPathFactory, odd_profiles: Path
) -> None:
    folder = tmp_path_factory.mktemp("people")
    with (
        edge_server() as edge,
        simulator(folder, str(odd_profiles), "--no-judge", "--edge", f"127.0.0.1:{edge.port}") as world,
    ):
        deliver(world, "127.20.55.1", "keen@eager.test", letter(DOMAIN, "keen@eager.test"))
        deliver(world, "127.20.51.1", "calm@near.test", letter(DOMAIN, "calm@near.test"))
        wait_for(lambda: len(edge.asked) >= 6)
        posts = [each for each in edge.asked if each.method == "POST"]
        assert [(post.path, post.host, post.kind, post.body) for post in posts] == [
            (
                "/u/gone",
                "t.news.acme.test",
                "application/x-www-form-urlencoded",
                b"List-Unsubscribe=One-Click",
            )
        ]
        assert {each.host for each in edge.asked} == {"t.news.acme.test"}
        assert set(edge.paths("GET")) == {"/o/seen.gif", "/c/one?a=1&b=2", "/u/gone"}
        scanned = [each for each in edge.asked if "Barracuda" in each.agent]
        assert sorted(each.path for each in scanned) == ["/c/one?a=1&b=2", "/o/seen.gif", "/u/gone"]
        lines = wait_for(
            lambda: world.lines("reactions.log") if len(world.lines("reactions.log")) >= 6 else None
        )
        assert {line["rcpt"] for line in lines} == {"keen@eager.test"}
        assert {"opened", "clicked", "scanned"} <= {line["action"] for line in lines}
        assert {line["status"] for line in lines} == {200, 302}


def test_an_edge_that_is_down_is_logged_and_nobody_dies(
    tmp_path_factory: pytest.TempPathFactory, odd_profiles: Path
) -> None:
    folder = tmp_path_factory.mktemp("down")
    with simulator(folder, str(odd_profiles), "--no-judge", "--edge", "127.0.0.1:1") as world:
        deliver(world, "127.20.55.1", "keen@eager.test", letter(DOMAIN, "keen@eager.test"))
        wait_for(lambda: [line for line in world.lines("reactions.log") if line["status"] == 0])
        assert world.process.poll() is None
