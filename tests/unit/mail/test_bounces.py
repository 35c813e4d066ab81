"""The rule table: each sample hits its own row, and what people judged is judged the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay_saas.mail import bounces
from relay_saas.mail.bounce_table import Rule, load, table
from relay_saas.mail.bounces import EFFECTS, NO_RULE, Category, Disposition, Final, classify
from relay_saas.mail.replies import TEXT_LIMIT, Reply, Stage, parse_text
from tests.unit.mail.refusals import confusion, refusals

#: They name a class of errors and no error (RFC 3463): what they come with decides.
VAGUE = ["5.0.0", "5.1.0", "5.2.0", "5.3.0", "5.4.0", "5.5.0", "5.7.0", "5.7.1", "4.7.1"]


@pytest.mark.parametrize("rule", table().rules, ids=lambda rule: rule.id)
def test_each_sample_hits_exactly_its_row(rule: Rule) -> None:
    verdict = classify(parse_text(rule.sample), rule.sample_stage, rule.sample_provider)
    assert verdict.rule == rule.id


@pytest.mark.parametrize(
    "rule", [rule for rule in table().rules if rule.layer == 0], ids=lambda rule: rule.id
)
def test_a_provider_s_rule_says_nothing_about_other_hosts(rule: Rule) -> None:
    assert classify(parse_text(rule.sample), rule.sample_stage, "mx.example.test").rule != rule.id


def test_the_table_covers_each_layer_and_category() -> None:
    rules = table().rules
    assert {rule.layer for rule in rules} == {0, 1, 2, 3}
    assert {rule.category for rule in rules} == set(Category) == set(EFFECTS)
    assert len(rules) >= 150
    assert len({rule.sample for rule in rules}) >= 150


def test_what_people_judged_is_judged_the_same() -> None:
    samples = list(refusals())
    wrong = [one for one in samples if not one.right]
    assert not wrong, f"{len(wrong)} of {len(samples)}\n{confusion(wrong)}"
    assert len({(one.host, one.stage, str(one.reply)) for one in samples}) >= 400
    assert {one.category for one in samples} == set(Category)
    rows = {rule.sample for rule in table().rules}
    assert len([one for one in samples if str(one.reply) not in rows]) >= 400


def test_a_wrong_judgement_is_told_with_the_row_that_misled() -> None:
    one = next(refusals())
    report = confusion(
        [type(one)(one.where, one.host, one.stage, one.reply, Category.PROTOCOL, one.disposition)]
    )
    assert report.startswith("   1 protocol taken for recipient_unknown\ngoogle_microsoft.txt:")
    assert "x.1.1-no-such-mailbox" in report


@pytest.mark.parametrize("code", VAGUE)
def test_a_vague_enhanced_code_decides_nothing_alone(code: str) -> None:
    layers = {rule.id: rule.layer for rule in table().rules}
    reply = Reply(code=int(code[0]) * 100 + 50, enhanced=code, lines=("so it is",))
    assert layers[classify(reply, Stage.RCPT, "mx.example.test").rule] == 3


def test_the_words_of_an_address_say_nothing() -> None:
    about = "550 <user-unknown.spam.full@blacklist.greylist.test>:"
    assert classify(parse_text(f"{about} so it is"), Stage.RCPT, "").rule == "5xx-rcpt"
    assert classify(parse_text(f"{about} mailbox is full"), Stage.RCPT, "").category is Category.MAILBOX_FULL


@pytest.mark.parametrize(
    ("text", "stage", "provider", "category", "disposition"),
    [
        ("550 5.1.1 unknown", Stage.RCPT, "", "recipient_unknown", "fail"),
        ("450 4.1.1 unknown, perhaps later", Stage.RCPT, "", "recipient_unknown", "retry"),
        ("552 5.2.2 full", Stage.RCPT, "", "mailbox_full", "fail"),
        ("452 4.2.2 full", Stage.RCPT, "", "mailbox_full", "retry"),
        ("550 bad sender", Stage.MAIL, "", "sender_rejected", "fail"),
        ("550 5.7.1 spam", Stage.DOT, "", "content_spam", "fail"),
        ("451 later", Stage.DOT, "", "network_temp", "retry"),
        ("421 busy", Stage.BANNER, "", "network_temp", "retry"),
        ("550 5.7.1 denied", Stage.RCPT, "", "recipient_refused", "fail"),
        ("550 5.7.1 denied", Stage.DOT, "", "content_spam", "fail"),
        ("550 Unknown user", Stage.RCPT, "mx1.docomo.ne.jp", "recipient_unknown", "fail"),
        ("550 Unknown user", Stage.DOT, "mx1.docomo.ne.jp", "recipient_refused", "fail"),
        ("550 <a@au.com>: User unknown", Stage.RCPT, "mx1.au.com", "recipient_unknown", "fail"),
        ("550 : User unknown", Stage.RCPT, "mx1.au.com", "recipient_refused", "fail"),
        ("550 frequency limited", Stage.DOT, "mx3.qq.com", "rate_limited", "retry"),
        ("550 5.7.515 Access denied", Stage.DOT, "x.olc.protection.outlook.com", "auth_failure", "fail"),
        ("550 5.1.10 no mail here", Stage.RCPT, "", "domain_bad", "fail"),
        ("550 5.6.7 SMTPUTF8", Stage.MAIL, "", "protocol", "fail"),
        ("552 5.5.3 too many", Stage.RCPT, "", "rate_limited", "retry"),
        ("450 4.2.0 Greylisted for 300 seconds", Stage.RCPT, "", "greylisted", "retry"),
    ],
)
def test_known_refusals_have_their_class(
    text: str, stage: Stage, provider: str, category: str, disposition: str
) -> None:
    verdict = classify(parse_text(text), stage, provider)
    assert (verdict.category, verdict.disposition) == (Category(category), Disposition(disposition))


def test_a_sender_s_fault_is_never_the_address_s() -> None:
    for category in (
        Category.SENDER_REJECTED,
        Category.AUTH_FAILURE,
        Category.CONTENT_SPAM,
        Category.CONTENT_POLICY,
        Category.REPUTATION_BLOCK,
        Category.PROTOCOL,
        Category.RATE_LIMITED,
    ):
        assert EFFECTS[category].strikes is None
        assert EFFECTS[category].final is Final.FAILED


def test_an_unknown_address_of_a_japanese_carrier_has_a_second_chance() -> None:
    assert bounces.strikes(Category.RECIPIENT_UNKNOWN, "mx.example.test") == 1
    assert bounces.strikes(Category.RECIPIENT_UNKNOWN, "mfsmax.docomo.ne.jp.") == 2
    assert bounces.strikes(Category.RECIPIENT_UNKNOWN, "lsean.ezweb.ne.jp") == 2
    assert bounces.strikes(Category.RATE_LIMITED, "mfsmax.docomo.ne.jp") is None


def test_what_suppresses_is_provisional_for_a_day() -> None:
    for effect in EFFECTS.values():
        assert (effect.provisional_hours == 24) == (effect.strikes is not None)


def test_only_a_failed_proof_of_origin_pauses_a_domain() -> None:
    pausing = {category for category, effect in EFFECTS.items() if effect.pause_domain_after}
    assert pausing == {Category.AUTH_FAILURE}
    assert EFFECTS[Category.AUTH_FAILURE].alert


def test_what_no_row_knows_is_left_open() -> None:
    assert classify(Reply(code=299), Stage.DOT, "").rule == NO_RULE


@given(
    code=st.integers(400, 599),
    text=st.text(max_size=2 * TEXT_LIMIT),
    stage=st.sampled_from(Stage),
    enhanced=st.none() | st.from_regex(r"[45]\.\d{1,3}\.\d{1,3}", fullmatch=True),
)
def test_any_reply_has_a_verdict(code: int, text: str, stage: Stage, enhanced: str | None) -> None:
    verdict = classify(Reply(code=code, enhanced=enhanced, lines=(text,)), stage, "mx.example.test")
    assert verdict.disposition in Disposition
    if code < 500:
        assert verdict.disposition is Disposition.RETRY


@pytest.mark.parametrize(
    "change",
    [
        {"colour": "red"},
        {"category": "nonsense"},
        {"disposition": "maybe"},
        {"text": ["…"]},
        {"stage": "lunch"},
        {"layer": 9},
    ],
)
def test_a_row_that_makes_no_sense_is_refused(change: dict[str, object]) -> None:
    row = {
        "id": "x",
        "layer": 2,
        "text": ["x"],
        "category": "unknown",
        "disposition": "fail",
        "sample": "550 x",
    }
    assert load([row])
    with pytest.raises(ValueError, match="x"):
        load([row | change])


def test_two_rows_of_one_id_are_refused() -> None:
    row = {
        "id": "x",
        "layer": 2,
        "text": ["x"],
        "category": "unknown",
        "disposition": "fail",
        "sample": "550 x",
    }
    with pytest.raises(ValueError, match="one id"):
        load([row, row])
