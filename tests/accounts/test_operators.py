"""Who operates the relay: made and unmade by a command, noted in the audit trail."""

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEvent, User
from accounts.tenancy import system_scope


def test_a_person_becomes_an_operator_and_stops_being_one(db: None) -> None:
    user = User.objects.create_user("ada@relay.test")
    assert not user.is_staff
    call_command("operator", "Ada@relay.test")
    user.refresh_from_db()
    assert user.is_staff
    call_command("operator", "ada@relay.test", "--remove")
    user.refresh_from_db()
    assert not user.is_staff
    with system_scope():
        assert list(AuditEvent.objects.order_by("id").values_list("verb", flat=True)) == [
            "appointed",
            "dismissed",
        ]


def test_somebody_who_cannot_sign_in_is_refused(db: None) -> None:
    with pytest.raises(CommandError, match="no_such_person"):
        call_command("operator", "nobody@relay.test")
