"""A form fills in what `message.letter` builds: the same fields, addresses and parts."""

import logging
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from relay_saas.mail.form import Form
from relay_saas.mail.headers import BadHeader, Field, field
from relay_saas.mail.merge import RenderProblem, parse_template
from relay_saas.mail.merge.compiler import TEXT, inline
from relay_saas.mail.merge.merger import PATIENCE, TRIALS, Merger
from relay_saas.mail.message import (
    Draft,
    Letter,
    address_field,
    date_field,
    further_fields,
    letter,
    message_id_field,
)
from tests.mailbag import DOMAIN, Kind, Meant, kinds, people

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LINK = "https://t.news.acme.test/c/" + "a" * 57
OWN = (("List-Id", "アクメ <list-3.news.acme.test>"), ("Feedback-ID", "c1:t1:marketing:relay"))


def form(kind: Kind, **changes: Any) -> Form:
    values: dict[str, Any] = {
        "from_name": kind.from_name,
        "from_address": f"news@{DOMAIN}",
        "reply_to": kind.reply_to,
        "subject": parse_template(kind.subject, html=False),
        "html": None if kind.html is None else parse_template(kind.html, html=True),
        "text": None if kind.text is None else parse_template(kind.text, html=False),
        "headers": kind.headers,
        "attachments": kind.attachments,
        "seed": str(kind.number),
    }
    return Form(**values | changes)


def filled(made: Form, meant: Meant, own: list[Field] | None = None) -> Letter:
    context = {"contact": {"name": meant.name, "points": meant.points}, "relay_link": [LINK]}
    return made.fill(
        context,
        date=date_field(NOW),
        recipients=[address_field("To", [("", meant.rcpt)])],
        message_id=message_id_field(f"{meant.number}@{DOMAIN}"),
        own=further_fields(OWN) if own is None else own,
    )


def built(meant: Meant) -> Letter:
    kind = meant.kind
    return letter(
        Draft(
            from_name=kind.from_name,
            from_address=f"news@{DOMAIN}",
            to_address=meant.rcpt,
            reply_to=kind.reply_to,
            subject=meant.subject(),
            html=meant.html(LINK),
            text=meant.text(LINK),
            message_id=f"{meant.number}@{DOMAIN}",
            date=NOW,
            headers=[*kind.headers, *OWN],
            attachments=kind.attachments,
        )
    )


def read(message: Letter) -> Any:
    """Everything that a mail program gets out of it, boundaries excepted."""
    parsed = message_from_bytes(message.octets(), policy=policy.default)
    fields = [(name, str(value)) for name, value in parsed.items() if name != "Content-Type"]
    return fields, parsed["To"].addresses, parsed["From"].addresses, parts(parsed)


def parts(part: EmailMessage) -> Any:
    assert not part.defects
    kind = part.get_content_type(), part.get_filename(), part["Content-ID"], part.get_content_disposition()
    if part.is_multipart():
        return kind, [parts(child) for child in part.iter_parts()]
    return kind, part.get_payload(decode=True)


def test_five_hundred_messages_mean_what_the_builder_makes() -> None:
    count = 0
    for kind in kinds():
        made = form(kind)
        for meant in people(kind):
            assert read(filled(made, meant)) == read(built(meant)), meant
            count += 1
    assert count == 500


def test_literal_parts_are_sent_as_they_are() -> None:
    kind = next(kinds())
    literal = form(kind, subject="{{ literal }}", html=None, text="{{ contact.name }}\n", attachments=())
    message = message_from_bytes(filled(literal, next(people(kind))).octets(), policy=policy.default)
    assert message["Subject"] == "{{ literal }}"
    assert message.get_content() == "{{ contact.name }}\r\n"


def test_a_senders_own_field_is_not_repeated_by_ours() -> None:
    kind = next(kinds())
    made = form(kind, headers=(("List-Id", "mine <mine.acme.test>"),))
    with pytest.raises(BadHeader) as refused:
        filled(made, next(people(kind)))
    assert refused.value.code == "repeated"
    assert filled(made, next(people(kind)), own=[field("Feedback-ID", "x")])


def test_the_body_is_its_own_canonical_form_and_fit_for_the_wire() -> None:
    for kind in kinds():
        made = form(kind)
        for meant in people(kind):
            body = filled(made, meant).body
            assert body.endswith(b"\r\n")
            assert body.isascii()
            assert b"\0" not in body
            assert b"  " not in body
            assert b"\t" not in body
            for line in body.split(b"\r\n"):
                assert len(line) <= 76
                assert not line.startswith((b".", b"From "))
                assert not line.endswith(b" ")


def test_a_difference_between_both_ways_ends_the_use_of_generated_code(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    template = parse_template("{{ x | capitalize }}", html=False)
    monkeypatch.setitem(inline.METHODS, "capitalize", "upper")
    merger: Merger[str] = Merger(template, TEXT)
    with caplog.at_level(logging.ERROR):
        assert [merger.merge({"x": "ab"}) for _ in range(PATIENCE + TRIALS)] == ["Ab"] * (PATIENCE + TRIALS)
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_after_the_trials_generated_code_stands_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    template = parse_template("{{ x | capitalize }}", html=False)
    merger: Merger[str] = Merger(template, TEXT)
    for _ in range(PATIENCE + TRIALS):
        assert merger.merge({"x": "ab"}) == "Ab"
    interpreted = type(template).render
    calls: list[object] = []
    monkeypatch.setattr(type(template), "render", lambda *given: calls.append(given) or interpreted(*given))
    assert merger.merge({"x": "cd"}) == "Cd"
    assert not calls
    assert merger.merge({"x": "c\rd"}) == "C\nd"


def test_a_person_whose_field_is_missing_gets_the_interpreters_error() -> None:
    merger: Merger[str] = Merger(parse_template("a\n {{ contact.nope }}", html=False), TEXT)
    for _ in range(PATIENCE + TRIALS + 2):
        with pytest.raises(RenderProblem) as problem:
            merger.merge({"contact": {}})
        assert (problem.value.code, problem.value.line, problem.value.column) == ("field_undefined", 2, 5)
