"""Where an attempt went on the network, and how it was encrypted."""

from django.db import models


class Endpoint(models.Model):
    """An address and port that was spoken to in one way; a dictionary, so that an attempt carries a number.

    TLS texts are OpenSSL's (`TLSv1.3`, `TLS_AES_256_GCM_SHA384`); "" for a session in the clear.
    """

    id = models.AutoField(primary_key=True)
    address = models.GenericIPAddressField()
    port = models.IntegerField()
    tls_version = models.TextField(default="", blank=True)
    tls_cipher = models.TextField(default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["address", "port", "tls_version", "tls_cipher"], name="endpoint_once"
            )
        ]

    def __str__(self) -> str:
        return " ".join(filter(None, [f"[{self.address}]:{self.port}", self.tls_version, self.tls_cipher]))
