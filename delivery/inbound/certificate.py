"""The certificate of the inbound server: with one it offers STARTTLS (RFC 3207), without one it does not."""

import ssl

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def server_context() -> ssl.SSLContext | None:
    """The context of RELAY_INBOUND_CERTIFICATE and RELAY_INBOUND_CERTIFICATE_KEY; None where none is set.

    Raises ImproperlyConfigured where they cannot be read or do not belong together.
    """
    if not settings.RELAY_INBOUND_CERTIFICATE:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(
            settings.RELAY_INBOUND_CERTIFICATE, settings.RELAY_INBOUND_CERTIFICATE_KEY or None
        )
    except OSError as error:
        raise ImproperlyConfigured(f"RELAY_INBOUND_CERTIFICATE cannot be used: {error}") from error
    return context
