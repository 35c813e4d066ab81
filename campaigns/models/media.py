"""A picture that mails show: its bytes lie in the data folder, under their own digest."""

from django.db import models

from accounts.tenancy import TenantOwned


class Media(TenantOwned):
    """One picture; written by campaigns.services.media, read from disk by whoever knows its address."""

    class Kind(models.TextChoices):
        """What the bytes are; the value is the file's ending."""

        PNG = "png", "PNG"
        JPEG = "jpg", "JPEG"
        GIF = "gif", "GIF"
        WEBP = "webp", "WebP"

    #: SHA-256 of the bytes, in hexadecimal.
    digest = models.TextField()
    kind = models.TextField(choices=Kind)
    #: As it was called where it came from.
    file_name = models.TextField(default="")
    #: What is read out and shown where pictures are not.
    alt = models.TextField(default="")
    size = models.IntegerField()
    width = models.IntegerField()
    height = models.IntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "digest"], name="media_tenant_digest")]
        indexes = [models.Index(fields=["tenant", "-id"], name="media_tenant_id")]

    def __str__(self) -> str:
        return self.file_name
