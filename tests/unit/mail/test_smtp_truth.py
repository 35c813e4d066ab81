"""The truth table is total, has no dead row, and keeps the promises that matter most."""

import itertools

import pytest

from relay_saas.mail.replies import Reply, Stage
from relay_saas.mail.smtp.truth import TABLE, Answer, Row, Step, answer_of, decide

EVERYTHING = list(itertools.product(Answer, repeat=3))
REFUSED = {Answer.LATER, Answer.NEVER}


def test_every_combination_has_a_decision() -> None:
    assert len([decide(*answers) for answers in EVERYTHING]) == 512


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_every_row_decides_something(row: Row) -> None:
    def first(answers: tuple[Answer, Answer, Answer]) -> Row:
        mail, rcpt, data = answers
        return next(r for r in TABLE if mail in r.mail and rcpt in r.rcpt and data in r.data)

    assert any(first(answers) is row for answers in EVERYTHING)


def test_a_body_goes_out_only_on_three_consents() -> None:
    bodies = [answers for answers in EVERYTHING if decide(*answers).step is Step.SEND_BODY]
    assert bodies == [(Answer.YES, Answer.YES, Answer.GO)]


def test_a_lone_dot_goes_out_only_when_no_recipient_was_taken() -> None:
    dots = [answers for answers in EVERYTHING if decide(*answers).step is Step.LONE_DOT]
    assert {(mail, data) for mail, _, data in dots} == {(Answer.YES, Answer.GO)}
    assert {rcpt for _, rcpt, _ in dots} == REFUSED


def test_a_session_lives_on_only_when_every_answer_fits() -> None:
    for answers in EVERYTHING:
        if decide(*answers).step is Step.RSET:
            assert set(answers) <= {Answer.YES, Answer.LATER, Answer.NEVER, Answer.UNASKED}


def test_the_outcome_is_the_first_refusal() -> None:
    order = (Stage.MAIL, Stage.RCPT, Stage.DATA)
    for answers in EVERYTHING:
        decision = decide(*answers)
        refused = [
            stage
            for stage, answer in zip(order, answers, strict=True)
            if answer in REFUSED | {Answer.CLOSING}
        ]
        if decision.trusted and refused and decision.stage in refused:
            assert decision.stage is refused[0]


@pytest.mark.parametrize(
    ("stage", "code", "answer"),
    [
        (Stage.MAIL, 250, Answer.YES),
        (Stage.RCPT, 251, Answer.YES),
        (Stage.RCPT, 354, Answer.ODD),
        (Stage.DATA, 354, Answer.GO),
        (Stage.DATA, 250, Answer.ODD),
        (Stage.DATA, 355, Answer.ODD),
        (Stage.DOT, 250, Answer.YES),
        (Stage.DOT, 354, Answer.ODD),
        (Stage.DOT, 421, Answer.CLOSING),
        (Stage.MAIL, 450, Answer.LATER),
        (Stage.DATA, 554, Answer.NEVER),
    ],
)
def test_a_code_is_an_answer_to_its_command(stage: Stage, code: int, answer: Answer) -> None:
    assert answer_of(stage, Reply(code=code)) is answer
