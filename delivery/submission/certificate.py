"""The certificate that clients check: without one there is no submission, because sign-ins need TLS."""

import ssl
from typing import Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

#: TLS 1.2 with forward secrecy and authenticated encryption only; 1.3 has its own list.
_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"


def server_context() -> ssl.SSLContext:
    """The context of RELAY_SUBMISSION_CERTIFICATE and its key. Raises ImproperlyConfigured."""
    if not settings.RELAY_SUBMISSION_CERTIFICATE:
        raise ImproperlyConfigured("RELAY_SUBMISSION_CERTIFICATE is not set")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_ciphers(_CIPHERS)
    try:
        context.load_cert_chain(
            settings.RELAY_SUBMISSION_CERTIFICATE, settings.RELAY_SUBMISSION_CERTIFICATE_KEY or None
        )
    except OSError as error:
        raise ImproperlyConfigured(f"RELAY_SUBMISSION_CERTIFICATE cannot be used: {error}") from error
    return context
