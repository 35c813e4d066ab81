"""What an outcome says in the ledger."""

from datetime import timedelta

import pytest

from delivery.engine.verdicts import in_doubt, not_allowed, of_outcome, unsent
from delivery.models.ledger import AttemptState
from delivery.models.stream import Stream
from relay_saas.mail.replies import Stage
from relay_saas.mail.smtp.outcome import Cause, Kind, Tls
from tests.delivery.engine.jobs import MOMENT, NOW, a_job, an_outcome


def decided(job=None, **outcome):
    record = of_outcome(job or a_job(), an_outcome(**outcome), MOMENT, source_id=4, dated_at=NOW)
    assert record is not None
    return record


def test_2xx_to_the_dot_is_delivered_and_keeps_no_transcript() -> None:
    record = decided(said="250 2.0.0 OK queued as 1")
    assert (record.state, record.code, record.final) == (AttemptState.DELIVERED, 250, True)
    assert (record.transcript, record.source_id, record.host) == ("", 4, "mx1.acme.test")


def test_the_address_the_encryption_and_the_size_go_with_the_attempt() -> None:
    tls = Tls(version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384", resumed=True)
    outcome = an_outcome(said="250 2.0.0 OK", tls=tls)
    record = of_outcome(a_job(), outcome, MOMENT, source_id=4, dated_at=NOW, size=10_240)
    assert record is not None
    assert record.endpoint == ("127.20.9.1", 25, "TLSv1.3", "TLS_AES_256_GCM_SHA384")
    assert record.size == 10_240
    assert decided(said="250 2.0.0 OK").endpoint == ("127.20.9.1", 25, "", "")


def test_an_unknown_recipient_bounces_and_strikes_once() -> None:
    record = decided(stage=Stage.RCPT, said="550 5.1.1 User unknown")
    assert (record.state, record.category) == (AttemptState.BOUNCED, "recipient_unknown")
    assert (record.strikes, record.rcpt_key) == (1, "ann@acme.test")
    assert "550" in record.transcript


def test_greylisting_is_tried_again_within_minutes() -> None:
    record = decided(stage=Stage.RCPT, said="451 4.7.1 Greylisted, try again in 5 minutes")
    assert (record.state, record.category, record.final) == (AttemptState.DEFERRED, "greylisted", False)
    assert record.next_attempt_at is not None
    assert timedelta(minutes=4) <= record.next_attempt_at - NOW <= timedelta(minutes=8)


def test_a_retry_beyond_the_expiry_is_not_planned() -> None:
    job = a_job(attempts=3, dated_at=NOW - timedelta(days=2) + timedelta(minutes=1))
    assert decided(job, stage=Stage.RCPT, said="451 4.3.0 later").state is AttemptState.EXPIRED


def test_a_lost_connection_before_the_dot_is_tried_again() -> None:
    record = decided(kind=Kind.LOST_BEFORE_DATA, stage=Stage.DATA, cause=Cause.CLOSED)
    assert (record.state, record.code, record.category) == (AttemptState.DEFERRED, None, "network_temp")


@pytest.mark.parametrize("kind", [Kind.NOT_ATTEMPTED, Kind.VETOED])
def test_what_was_not_tried_is_no_attempt(kind: Kind) -> None:
    outcome = an_outcome(kind=kind, stage=Stage.MAIL)
    assert of_outcome(a_job(), outcome, MOMENT, source_id=4, dated_at=NOW) is None


def test_what_the_server_cannot_take_is_final_and_ours() -> None:
    record = decided(
        kind=Kind.UNSUPPORTED, stage=Stage.MAIL, said="550 5.6.7 the server does not offer SMTPUTF8"
    )
    assert record.final
    assert record.state in {AttemptState.FAILED, AttemptState.BOUNCED}


def test_bulk_is_in_doubt_for_good_at_the_first_loss_after_the_dot() -> None:
    record = decided(kind=Kind.IN_DOUBT, cause=Cause.CLOSED)
    assert (record.state, record.final) == (AttemptState.IN_DOUBT, True)


def test_mail_that_a_person_waits_for_is_sent_once_more_after_a_doubt() -> None:
    job = a_job(stream=Stream.TRANSACTIONAL.value, expires_at=NOW + timedelta(hours=4))
    record = decided(job, kind=Kind.IN_DOUBT, cause=Cause.CLOSED)
    assert (record.state, record.final) == (AttemptState.DOUBTED, False)
    assert record.next_attempt_at == NOW + timedelta(minutes=15)


def test_its_second_doubt_is_final() -> None:
    job = a_job(stream=Stream.TRANSACTIONAL.value, doubts=1, attempts=1, expires_at=NOW + timedelta(hours=4))
    assert in_doubt(job, MOMENT, {}).state is AttemptState.IN_DOUBT


def test_the_date_of_the_first_attempt_stays() -> None:
    first = NOW - timedelta(hours=1)
    assert decided(a_job(attempts=1, dated_at=first), said="250 OK").dated_at == first
    assert decided(said="250 OK").dated_at == NOW


def test_an_address_that_may_not_be_delivered_to_is_final_and_suppresses_nobody() -> None:
    record = not_allowed(a_job(), MOMENT, "10.0.0.1")
    assert (record.state, record.rule, record.strikes) == (AttemptState.FAILED, "address_not_allowed", None)


def test_a_message_that_cannot_be_made_says_why() -> None:
    record = unsent(a_job(), MOMENT, AttemptState.FAILED, "template_error", "calculation_failed: 1/0")
    assert (record.category, record.transcript) == ("template_error", "calculation_failed: 1/0")
