"""Why a call to somebody else's server was not made, or got no answer; `code` for machines."""

from django.utils.translation import gettext_lazy as _

from relay_saas.web.errors import RelayError


class BadUrl(RelayError):
    """An address that we do not call."""

    code = "bad_url"
    status = 422
    message = _("This address cannot be called. Give a whole https:// address of a server on the Internet.")


class CallFailed(RelayError):
    """No answer came; `code` says why: dns, refused_address, connect, tls, timeout, closed, not_http …"""

    code = "call_failed"
    status = 502
