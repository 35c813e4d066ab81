"""The shipped limits and rules: each row says where it comes from, and each rule hears its own sample."""

import pytest

from delivery.engine.shape import rules, shaping
from delivery.models import PolicyAction
from relay_saas.mail.replies import parse_text
from relay_saas.mail.shaping_rules import ANY, Rule, parse, without_addresses

RULES = rules().rows
PROVIDERS = [limits for _, limits in shaping().rows]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rules_sample_is_heard_by_that_rule_and_no_other(rule: Rule) -> None:
    provider = rule.provider if rule.provider != ANY else "somebody.test"
    reply = parse_text(rule.sample)
    assert [other.id for other in RULES if other.hears(provider, reply)] == [rule.id]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_is_about_a_provider_that_there_is_and_does_what_a_policy_can(rule: Rule) -> None:
    assert rule.provider in {ANY, *(limits.name for limits in PROVIDERS)}
    assert {act.action for act in rule.acts} <= set(PolicyAction.values)
    assert rule.source


@pytest.mark.parametrize("limits", PROVIDERS, ids=lambda limits: limits.name)
def test_a_providers_limits_say_where_they_come_from(limits) -> None:
    assert limits.source.startswith(("https://", "practice"))
    assert limits.max_connections >= 1
    assert limits.max_messages_per_connection >= 1


def test_docomo_never_sees_the_hundredth_recipient_of_a_session() -> None:
    assert shaping().limits_of(["mfsmax.docomo.ne.jp"]).max_messages_per_connection == 50


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("your IP address", "google-rate-address"),
        ("your DKIM domain", "google-rate-signer"),
        ("your SPF domain", "google-rate-signer"),
    ],
)
def test_who_is_too_fast_is_read_from_googles_words(words: str, rule: str) -> None:
    said = f"421-4.7.28 We detected an unusual rate\n421 4.7.28 of unsolicited mail originating from {words}."
    found = rules().heard("Google", parse_text(said))
    assert found is not None
    assert found.id == rule


def test_nothing_is_learned_from_a_success_or_from_strange_words() -> None:
    assert rules().heard("Google", parse_text("250 2.0.0 unusual rate of unsolicited mail")) is None
    assert rules().heard("Google", parse_text("550 5.1.1 no such user")) is None


@pytest.mark.parametrize(
    "broken", [{"do": ["suspend=3"]}, {"do": ["connections"]}, {"hits": 0}, {"source": ""}]
)
def test_a_rule_that_makes_no_sense_is_refused(broken: dict) -> None:
    row = {
        "id": "x",
        "provider": "*",
        "code": "4..",
        "text": "x",
        "hits": 1,
        "scope": "source-site",
        "do": ["suspend"],
        "minutes": 5,
        "source": "practice",
        "sample": "421 x",
    }
    assert parse({"rule": [row]}).rows[0].id == "x"
    with pytest.raises(ValueError, match=r"x|suspension"):
        parse({"rule": [row | broken]})


def test_evidence_keeps_no_address() -> None:
    assert without_addresses("450 <ann@acme.test>: slow down") == "450 <<address>>: slow down"
