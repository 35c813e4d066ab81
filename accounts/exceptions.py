"""What accounts refuses, each with a machine code."""

from collections.abc import Mapping
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from relay_saas.web.errors import RelayError
from relay_saas.web.problems import Text


class AccountsError(RelayError):
    """Base of this app's errors."""


class NoTenantScope(AccountsError):
    """A query on tenant data ran outside any tenant's scope: a programming error, never shown to a tenant."""

    code = "no_tenant_scope"
    status = 500
    message = _("This page was asked for outside any organization.")


class ForeignTenantScope(AccountsError):
    """A scope was opened inside another tenant's scope."""

    code = "foreign_tenant_scope"
    status = 500
    message = _("This page was asked for inside another organization.")


class NotAllowed(AccountsError):
    """The role or the key lacks the capability."""

    code = "not_allowed"
    status = 403
    message = _("Your role does not allow this. Ask an owner of the organization.")


class BadApiKey(AccountsError):
    """No such API key, or it was revoked or has expired."""

    code = "bad_api_key"
    status = 401
    message = _(
        "The API key is missing, unknown, revoked or expired, or it may not be used from this address."
    )


class UnknownId(AccountsError):
    """A body names what is not there, or belongs to somebody else: the answers are the same."""

    code = "unknown_id"
    status = 422
    message = _("The body names an id that leads nowhere. See errors.")


class EndedApiKey(BadApiKey):
    """A key that was good once: to the caller the same, but its organization finds it in the request log."""

    def __init__(self, tenant_id: UUID, key_id: int) -> None:
        super().__init__()
        self.tenant_id, self.key_id = tenant_id, key_id


class DomainTaken(AccountsError):
    """Another organization has verified this domain."""

    code = "domain_taken"
    status = 409
    message = _("This domain is verified by another organization.")


class DomainNotVerified(AccountsError):
    """Mail was to leave from a domain that is not verified."""

    code = "domain_not_verified"
    status = 422
    message = _("The sender's domain is not verified. Set its DNS records, then verify it.")


class DomainOfAnotherStream(AccountsError):
    """The sender's domain is another stream's own."""

    code = "domain_of_another_stream"
    status = 422
    message = _(
        "This domain is kept for another stream. Choose a domain of this stream, or one of no stream."
    )


class BadDomain(AccountsError):
    """The name cannot be a sending domain."""

    code = "bad_domain"
    status = 422
    message = _("This is not a domain name that mail can be sent from.")


class DomainInUse(AccountsError):
    """Mail was sent from the domain."""

    code = "domain_in_use"
    status = 409
    message = _(
        "Mail was sent from this domain: its links and answers still lead to it, so it stays. "
        "Remove its DNS records to stop sending from it."
    )


class BadSender(AccountsError):
    """A sender cannot be kept like this; `code` says why."""

    code = "bad_sender"
    status = 422
    #: Of the codes that nothing else has.
    messages: ClassVar[Mapping[str, Text]] = {
        "sender_exists": _("There is a sender with this address already."),
        "domain_unknown": _("%(name)s is none of your sending domains. Add it there first, then verify it."),
    }


class RotationTooSoon(AccountsError):
    """The last rotation's old keys are still needed."""

    code = "rotation_too_soon"
    status = 409
    message = _("The keys were changed only days ago: mail signed with the old ones is still under way.")


class NoSuchPerson(AccountsError):
    """Nobody signs in with this address."""

    code = "no_such_person"
    status = 404
    message = _("Nobody signs in with this address.")


class UnknownJobKind(AccountsError):
    """Nobody registered this kind of work: a programming error."""

    code = "unknown_job_kind"
    status = 500
    message = _("This kind of work is not known here.")


class JobOver(AccountsError):
    """The job has ended before it could be stopped."""

    code = "job_over"
    status = 409
    message = _("This job is over; there is nothing left to stop.")


class JobInterrupted(AccountsError):
    """The job lost its worker too often."""

    code = "job_interrupted"
    status = 500
    message = _("The work was cut off several times and has been given up. Start it again, or ask support.")


class LastOwner(AccountsError):
    """An organization without an owner could never be given one again."""

    code = "last_owner"
    status = 409
    message = _("This is the last owner. Make somebody else an owner first.")


class RoleBeyondOwn(AccountsError):
    """Nobody gives, changes or takes away a role that may do more than their own."""

    code = "role_beyond_own"
    status = 403
    message = _("This role may do things that yours may not. Ask an owner of the organization.")


class AlreadyMember(AccountsError):
    """The person who was asked is in the organization."""

    code = "already_member"
    status = 409
    message = _("This person is a member already. Change their role in the list of members.")


class InvitationGone(AccountsError):
    """The link is unknown, used, withdrawn or too old; the answer never says which."""

    code = "invitation_gone"
    status = 404
    message = _("This invitation does not work any more. Ask for a new one.")


class InvitationForSomebodyElse(AccountsError):
    """The person who is signed in is not the one who was asked."""

    code = "invitation_for_somebody_else"
    status = 403
    message = _("This invitation is for another address. Sign out, and open its link again.")


class InvitedTooOften(AccountsError):
    """Invitations are mail of ours to strangers: a handful is enough."""

    code = "invited_too_often"
    status = 429
    message = _("Too many invitations are under way. Withdraw some, or wait a little and try again.")


class KeyNameTaken(AccountsError):
    """Two keys of one name could not be told apart in the list."""

    code = "key_name_taken"
    status = 409
    message = _("A key of this name works already. Choose another name.")


class KeyEnded(AccountsError):
    """A revoked or expired key has no successor."""

    code = "key_ended"
    status = 409
    message = _("This key has ended. Create a new one.")


class BadCredential(AccountsError):
    """An SMTP credential cannot be kept like this; `errors` names each problem by pointer."""

    code = "bad_credential"
    status = 422
    message = _("The SMTP credential cannot be kept like this.")


class CredentialEnded(AccountsError):
    """A revoked SMTP credential is not changed any more."""

    code = "credential_ended"
    status = 409
    message = _("This SMTP credential has ended. Create another one.")


class CredentialRateReached(AccountsError):
    """The credential has had its recipients of this minute; `headers` say when the next one begins."""

    code = "credential_rate_reached"
    status = 429
    message = _("This SMTP credential has reached its limit for this minute. Try again in a minute.")


class CredentialDayReached(AccountsError):
    """The credential has had its recipients of this day; `headers` say when the next one begins."""

    code = "credential_day_reached"
    status = 429
    message = _("This SMTP credential has reached its limit for today. Try again tomorrow.")


class KeyBeyondOwn(AccountsError):
    """A key made a key that may do more."""

    code = "key_beyond_own"
    status = 403
    message = _("A key cannot make a key that may do more than it may itself, or for longer.")


class BadKeySettings(AccountsError):
    """An API key cannot be kept like this; `errors` names each problem by pointer."""

    code = "bad_key_settings"
    status = 422
    message = _("The API key cannot be kept like this.")


class TestKeyRefused(AccountsError):
    """A test key was to change something real."""

    code = "test_key"
    status = 403
    message = _("A test key only simulates mail. Use a live key to change anything else.")


class SenderNotAllowed(AccountsError):
    """The key may not send from this domain."""

    code = "sender_not_allowed"
    status = 403
    message = _("This API key may not send from this domain. Use another key or sender.")


class BadIdempotencyKey(AccountsError):
    """The header cannot name a request."""

    code = "bad_idempotency_key"
    status = 400
    message = _("Idempotency-Key must have 1 to 255 printable ASCII characters.")


class IdempotencyKeyReused(AccountsError):
    """The name stands for another request already."""

    code = "idempotency_key_reused"
    status = 422
    message = _("This Idempotency-Key was used for another request. Give each request a key of its own.")


class IdempotentRequestRunning(AccountsError):
    """The first request of this name has not ended yet."""

    code = "idempotent_request_running"
    status = 409
    message = _("The first request with this Idempotency-Key is still running. Ask again in a moment.")


class TooManyRequests(AccountsError):
    """The key's requests come faster than it may send them; `headers` say when to come again."""

    code = "rate_limited"
    status = 429
    message = _("Too many requests with this API key. Wait as long as Retry-After says, then go on.")


class SeveralLines(AccountsError):
    """A setting that stands in one line of every mail; `errors` names each."""

    code = "several_lines"
    status = 422
    message = _("Write it in one line, without control characters.")
