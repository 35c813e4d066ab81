"""What accounts refuses, each with a machine code."""

from django.utils.translation import gettext_lazy as _

from relay_saas.web.errors import RelayError


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
    message = _("The API key is missing, unknown, revoked or expired.")


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
