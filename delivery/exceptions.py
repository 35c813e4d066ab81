"""What delivery refuses, each with a machine code."""

from collections.abc import Mapping
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from relay_saas.web.errors import RelayError
from relay_saas.web.problems import Text


class DeliveryError(RelayError):
    """Base of this app's errors."""

    status = 422


class NoEgress(DeliveryError):
    """No sending address is configured."""

    code = "no_egress"
    status = 503
    message = _("This installation has no address to send from.")


class BadSubmission(DeliveryError):
    """A message that cannot be accepted; the code says why, `errors` where."""

    messages: ClassVar[Mapping[str, Text]] = {
        "bad_message": _("This cannot be made into a message. See errors."),
        "too_large": _("The message is larger than what is accepted."),
        "too_many_recipients": _("A message has at most 50 recipients."),
        "no_body": _("The message has neither a text nor an HTML part."),
        "other_body": _("This idempotency key was used for another message."),
    }

    def __init__(self, code: str, *args: object, **values: object) -> None:
        super().__init__(self.messages[code], code=code, **values)  # type: ignore[arg-type]  # passed on as given
        self.args = (code, *args)


class TestSendRefused(DeliveryError):
    """A test message cannot be made from the draft as it is."""

    code = "test_send_refused"
    message = _("The test message cannot be made.")


class TooManyAddresses(TestSendRefused):
    """More addresses than a round of tests has."""

    code = "too_many_addresses"
    message = _("Choose 1 to %(limit)s addresses.")


class NotAMember(TestSendRefused):
    """A test to a stranger."""

    code = "not_a_member"
    message = _("A test goes to the organization’s own people alone.")


class TooManyTests(TestSendRefused):
    """The hour's tests are used up."""

    code = "too_many_tests"
    message = _("That would be more than %(limit)s tests within an hour. Wait a little.")


class NobodyOnTheList(TestSendRefused):
    """Nobody whose mail the test could show."""

    code = "nobody_on_the_list"
    message = _("The list has nobody on it yet. Add a contact, then send a test.")


class BadPolicy(DeliveryError):
    """A suspension or a limit that says nothing."""

    messages: ClassVar[Mapping[str, Text]] = {
        "no_reason": _("A suspension or a limit needs a reason."),
        "no_value": _("This limit needs a number of at least 1."),
    }

    def __init__(self, code: str) -> None:
        super().__init__(self.messages[code], code=code)
        self.args = (code,)


class UnknownHost(DeliveryError):
    """No machine of this name has ever sent."""

    code = "unknown_host"
    status = 404
    message = "no host of this name has ever sent"


class HostLives(DeliveryError):
    """A machine that was heard of just now cannot be called dead."""

    code = "host_lives"
    status = 409
    message = "it was heard of within the last lease"


class TooSlow(DeliveryError):
    """The database did not answer an operator's question in time; nothing was changed."""

    code = "too_slow"
    status = 503
    message = _("The database is too busy to answer this now. Sending goes on; try again in a moment.")


class UnknownLane(DeliveryError):
    """There is no open work there."""

    code = "unknown_lane"
    status = 404
    message = _("Nothing waits there any more.")


class BadShaping(DeliveryError):
    """A limit that makes no sense."""

    messages: ClassVar[Mapping[str, Text]] = {
        "no_such_setting": _("There is no such setting."),
        "not_of_a_tenant": _("An organization has only messages_per_minute of its own."),
        "bad_value": _("This setting does not take that value."),
    }

    def __init__(self, code: str) -> None:
        super().__init__(self.messages[code], code=code)
        self.args = (code,)


class BadEgress(DeliveryError):
    """A sending address or a plan for it that makes no sense."""

    messages: ClassVar[Mapping[str, Text]] = {
        "not_an_address": _("This is not an IP address."),
        "in_settings": _("This address comes from RELAY_EGRESS; change it there."),
        "incomplete": _("A sending address needs a name, a host and a pool."),
        "bad_steps": _("A warm-up needs a number of messages for each day."),
    }

    def __init__(self, code: str) -> None:
        super().__init__(self.messages[code], code=code)
        self.args = (code,)


class UnknownSite(DeliveryError):
    """No site has this MX host, or no provider this name."""

    code = "unknown_site"
    status = 404
    message = "no site or provider of this name is known"


class NothingWaits(DeliveryError):
    """Mail was to be cancelled or put off that is out, or under way, already."""

    code = "nothing_waits"
    status = 409
    message = _("Nothing of this mail waits any more: it is sent, cancelled, or on its way right now.")
