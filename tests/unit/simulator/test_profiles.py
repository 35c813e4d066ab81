"""Scenarios as files: what they hold, what they inherit, and clear errors for what means nothing."""

from pathlib import Path

import pytest

from relay_saas.simulator.exceptions import ProfileError
from relay_saas.simulator.profiles.loader import load_scenario

MX = '[[mx]]\nname = "mx.a.test"\naddress = "127.20.1.1"\n'


def write(folder: Path, **files: str) -> str:
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text)
    return str(folder)


def test_everyday_is_what_it_promises() -> None:
    providers = load_scenario("everyday").providers
    assert {provider.rtt_ms for provider in providers} == {20}
    assert {provider.limits.connections_per_address for provider in providers} == {20}
    assert abs(sum(provider.starttls == "on" for provider in providers) - len(providers) / 2) <= 0.5
    assert {provider.greylist.share for provider in providers} == {0.03}
    assert {provider.unknown.share for provider in providers} == {0.005}
    assert {provider.full.share for provider in providers} == {0.003}
    assert all(len(provider.mx) >= 2 for provider in providers)
    assert len({provider.unknown.reply for provider in providers}) == len(providers)


def test_plain_has_the_same_providers_with_nothing_in_the_way() -> None:
    plain, everyday = load_scenario("plain").providers, load_scenario("everyday").providers
    assert [provider.mx for provider in plain] == [provider.mx for provider in everyday]
    assert {provider.rtt_ms for provider in plain} == {0}
    assert {share.share for each in plain for share in (each.unknown, each.full, each.greylist)} == {0.0}


def test_every_domain_of_the_clean_list_and_of_the_demos_people_has_a_provider() -> None:
    served = {domain for provider in load_scenario("everyday").providers for domain in provider.domains}
    mailboxes = "gmail outlook yahoo yahoo-jp docomo icloud au softbank"
    companies = "umbrella stark acme wayne wonka globex initech hooli soylent cyberdyne tyrell oscorp hinode"
    assert served == {f"{name}.test" for name in f"{mailboxes} {companies}".split()}


def test_a_thin_profile_takes_the_rest_from_the_one_it_extends(tmp_path: Path) -> None:
    base = 'domains = ["a.test"]\nrtt_ms = 7\n[limits]\nidle_seconds = 9\nmessage_bytes = 1\n' + MX
    thin = 'extends = "base"\ndomains = ["b.test"]\n[limits]\nmessage_bytes = 2\n' + MX.replace("1.1", "1.2")
    a, b = load_scenario(write(tmp_path, base=base, thin=thin)).providers
    assert (b.rtt_ms, b.limits.idle_seconds, b.limits.message_bytes) == (7, 9, 2)
    assert (a.limits.message_bytes, b.domains, b.mx[0].address) == (1, ("b.test",), "127.20.1.2")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("domains = [", "unreadable_profile"),
        ('domains = ["a.test"]\ncolour = 1\n' + MX, "unknown_key"),
        ('domains = ["a.test"]\n' + MX + "[limits]\nsize = 1\n", "unknown_key"),
        ('domains = ["a.test"]\n', "incomplete_profile"),
        ('domains = ["a.test"]\nextends = "nothing"\n' + MX, "unknown_base"),
        ('domains = ["a.test", "a.test"]\n' + MX, "taken_twice"),
        ('domains = ["a.test"]\n' + MX + MX, "taken_twice"),
    ],
)
def test_a_profile_that_means_nothing_is_named(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(ProfileError) as caught:
        load_scenario(write(tmp_path, odd=text))
    assert caught.value.code == code


def test_an_unknown_scenario_lists_the_known_ones() -> None:
    with pytest.raises(ProfileError, match="everyday, manners, plain"):
        load_scenario("nowhere")


def test_a_scenario_may_keep_some_files_and_say_what_differs(tmp_path: Path) -> None:
    scenario = 'extends = "manners"\nonly = ["gmail"]\n[every_provider]\nrtt_ms = 3\n'
    own = 'extends = "gmail"\n[limits]\nconnections_per_address = 4\n'
    (gmail,) = load_scenario(write(tmp_path, _scenario=scenario, gmail=own)).providers
    assert (gmail.rtt_ms, gmail.limits.connections_per_address, len(gmail.mx)) == (3, 4, 3)
    assert [brake.by for brake in gmail.brakes] == ["address", "dkim", "url"]


def test_a_crowd_has_a_domain_and_a_host_for_each(tmp_path: Path) -> None:
    text = 'crowd = 260\ndomains = ["c{n}.test"]\n' + MX.replace("mx.a", "mx.c{n}").replace("1.1", "9.0")
    providers = load_scenario(write(tmp_path, c=text)).providers
    assert len(providers) == 260
    assert {(p.name, p.domains[0], p.mx[0].name, p.mx[0].address) for p in providers} >= {
        ("c-1", "c1.test", "mx.c1.test", "127.20.9.1"),
        ("c-251", "c251.test", "mx.c251.test", "127.20.10.1"),
    }


def test_the_manners_of_the_big_providers_have_reports_and_brakes_of_their_own() -> None:
    providers = {provider.name: provider for provider in load_scenario("manners").providers}
    assert len({provider.late.shape for provider in providers.values()}) == 6
    assert {name for name, provider in providers.items() if provider.brakes} == {
        *("gmail", "yahoo", "icloud", "au", "softbank", "yahoo-jp")
    }
    assert all(len(provider.mx) >= 2 for provider in providers.values())
