"""What goes on the wire for one person: the same identity over all retries."""

import re
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import default

import pytest

from delivery.engine.compose import Composer
from delivery.engine.content import Prepared, prepare
from delivery.engine.sign import Platform
from delivery.models.stream import Stream
from relay_saas.mail.dkim import SigningKey, generate_key, load_key
from relay_saas.mail.merge import RenderProblem
from relay_saas.mail.tokens import Purpose, TokenKeys, decode
from tests.delivery.engine.jobs import MESSAGE, NOW, a_job

KEYS = TokenKeys({1: b"k" * 32}, 1)
COMPOSER = Composer(token_keys=KEYS, edge_scheme="http", edge_port=":8001")
ROW = {
    "from_name": "Acme",
    "from_address": "news@news.acme.test",
    "reply_to": "",
    "subject": "Hello {{ contact.first_name }}",
    "html": "<a href='{{ relay_link[0] }}'>go</a> <a href='{{ unsubscribe_url }}'>stop</a>{{ relay_pixel }}",
    "text": "Hello {{ contact.first_name }} from {{ sender.name }}",
    "is_template": True,
    "links": 1,
    "name": "Acme",
    "legal_name": "Acme K.K.",
    "postal_address": "",
    "contact_address": "",
    "domain_name": "news.acme.test",
    "mailing_list_id": 4,
    "list_name": "ニュース",
    "headers": [],
    "attachments": [],
}


@pytest.fixture(scope="module")
def keys() -> list[SigningKey]:
    return [
        load_key(
            domain="news.acme.test", selector=selector, algorithm=algorithm, pem=generate_key(algorithm)[0]
        )
        for selector, algorithm in (("r1", "rsa-sha256"), ("e1", "ed25519-sha256"))
    ]


@pytest.fixture
def content(keys: list[SigningKey]) -> Prepared:
    return prepare(ROW, keys)


def parsed(content: Prepared, **job: object) -> Message:
    return message_from_bytes(COMPOSER.compose(a_job(**job), content, dated_at=NOW).data, policy=default)


def test_the_envelope_names_the_message_and_nobody_else(content: Prepared) -> None:
    outgoing = COMPOSER.compose(a_job(), content, dated_at=NOW)
    local, _, host = outgoing.mail_from.partition("@")
    assert (outgoing.rcpt, host) == ("ann@acme.test", "rp.news.acme.test")
    token = decode(local, Purpose.RETURN_PATH, host, KEYS)
    assert (token.tenant, token.message) == (7, MESSAGE)


def test_marketing_mail_offers_one_click_by_post_and_by_mail(content: Prepared) -> None:
    message = parsed(content)
    url, mailto = (part.strip(" <>") for part in message["List-Unsubscribe"].split(","))
    assert url.startswith("http://t.news.acme.test:8001/u/")
    assert decode(url.rpartition("/")[2], Purpose.UNSUBSCRIBE, "t.news.acme.test", KEYS).message == MESSAGE
    assert mailto.startswith("mailto:")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"].endswith("<list-4.news.acme.test>")
    assert message["Feedback-ID"] == "c5:t7:marketing:relay"


def test_transactional_mail_has_no_list_headers(content: Prepared) -> None:
    message = parsed(prepare(ROW | {"html": "<p>x</p>"}, content.keys), stream=Stream.TRANSACTIONAL.value)
    assert message["List-Unsubscribe"] is None
    assert message["List-Id"] is None
    assert message["Feedback-ID"] == "c5:t7:transactional:relay"


def test_links_and_pixel_carry_their_own_tokens(content: Prepared) -> None:
    html = parsed(content).get_body(("html",)).get_content()
    click = html.split("/c/")[1].split("'")[0]
    pixel = html.split("/o/")[1].split(".gif")[0]
    assert decode(click, Purpose.CLICK, "t.news.acme.test", KEYS).extra == 0
    assert decode(pixel, Purpose.OPEN, "t.news.acme.test", KEYS).message == MESSAGE


def test_it_is_signed_by_rsa_first_and_ed25519_second(content: Prepared) -> None:
    signatures = parsed(content).get_all("DKIM-Signature")
    assert ["rsa-sha256" in signatures[0], "ed25519-sha256" in signatures[1]] == [True, True]


def test_a_retry_is_the_same_message(content: Prepared) -> None:
    first = COMPOSER.compose(a_job(), content, dated_at=NOW)
    retried = COMPOSER.compose(a_job(attempts=1, fence=3, dated_at=NOW), content, dated_at=NOW)
    assert first == retried


def test_the_date_is_the_one_that_is_told(content: Prepared) -> None:
    other = COMPOSER.compose(a_job(), content, dated_at=NOW + timedelta(hours=1)).data
    assert b"Date: Tue, 24 Nov 2026 13:00:00 +0000" in other


def test_all_copies_of_a_submission_show_its_to_and_cc(content: Prepared) -> None:
    merge = {"relay": {"to": [["Ann", "ann@acme.test"], ["", "bob@acme.test"]], "cc": [["", "cho@two.test"]]}}
    literal = prepare(
        ROW | {"is_template": False, "html": None, "text": "{{ as it is }}", "subject": "Hi"}, content.keys
    )
    message = parsed(literal, merge=merge, rcpt="cho@two.test", stream=Stream.TRANSACTIONAL.value)
    assert (message["To"], message["Cc"]) == ("Ann <ann@acme.test>, bob@acme.test", "cho@two.test")
    assert message.get_content().strip() == "{{ as it is }}"


def test_a_template_that_fails_for_one_person_is_that_persons_problem(content: Prepared) -> None:
    broken = prepare(ROW | {"text": "{{ contact.points | divided_by: 0 }}"}, content.keys)
    with pytest.raises(RenderProblem):
        COMPOSER.compose(a_job(merge={"contact": {"first_name": "A", "points": 1}}), broken, dated_at=NOW)


PLATFORM = load_key(
    domain="relay.test", selector="platform", algorithm="rsa-sha256", pem=generate_key("rsa-sha256")[0]
)


@pytest.mark.parametrize(
    ("platform", "domains"),
    [
        (
            Platform(key=PLATFORM, providers=frozenset({3})),
            ["news.acme.test", "news.acme.test", "relay.test"],
        ),
        (Platform(key=PLATFORM, pools=frozenset({1})), ["news.acme.test", "news.acme.test", "relay.test"]),
        (Platform(key=PLATFORM, providers=frozenset({4}), pools=frozenset({2})), ["news.acme.test"] * 2),
        (None, ["news.acme.test"] * 2),
    ],
    ids=["of the provider", "of the pool", "of neither", "not set up"],
)
def test_the_platform_signs_last_and_only_where_a_complaint_loop_follows_it(
    content: Prepared, platform: Platform | None, domains: list[str]
) -> None:
    composer = replace(COMPOSER, platform=platform)
    message = message_from_bytes(composer.compose(a_job(), content, dated_at=NOW).data, policy=default)
    assert [re.search(r"d=([^;]+);", value)[1] for value in message.get_all("DKIM-Signature")] == domains


def test_mail_to_an_international_address_asks_for_smtputf8(content: Prepared) -> None:
    outgoing = COMPOSER.compose(a_job(rcpt="用户@acme.test"), content, dated_at=NOW)
    assert outgoing.smtputf8
    outgoing.check()
    assert not COMPOSER.compose(a_job(), content, dated_at=NOW).smtputf8


def test_every_message_carries_a_trace_of_its_own(content: Prepared) -> None:
    for stream in Stream:
        literal = prepare(ROW | {"is_template": False}, content.keys)
        trace, _, host = parsed(literal, stream=stream.value)["X-Relay-Trace"].partition("@")
        assert decode(trace, Purpose.TRACE, host, KEYS).message == MESSAGE


def test_complaints_are_asked_for_at_the_messages_own_address(content: Prepared) -> None:
    for stream in Stream:
        literal = prepare(ROW | {"is_template": False}, content.keys)
        outgoing = COMPOSER.compose(a_job(stream=stream.value), literal, dated_at=NOW)
        message = message_from_bytes(outgoing.data, policy=default)
        assert message["CFBL-Address"] == f"{outgoing.mail_from}; report=arf"
        assert decode(message["CFBL-Feedback-ID"], Purpose.TRACE, "news.acme.test", KEYS).message == MESSAGE
        # RFC 9477 §3.1.2 and §3.1.4: below the From domain, and signed by it.
        assert outgoing.mail_from.endswith(f".{message['From'].addresses[0].domain}")
        for signature in message.get_all("DKIM-Signature"):
            assert "d=news.acme.test;" in signature
            assert ":cfbl-address:cfbl-address:cfbl-feedback-id:cfbl-feedback-id;" in "".join(
                signature.split()
            )


def test_marketing_mail_of_no_list_names_its_stream_and_whom_to_ask(content: Prepared) -> None:
    message = parsed(prepare(ROW | {"mailing_list_id": None, "list_name": None}, content.keys))
    assert message["List-Id"] == "<marketing.news.acme.test>"
    assert message["List-Help"] == "<mailto:news@news.acme.test?subject=help>"
