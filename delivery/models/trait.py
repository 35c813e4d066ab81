"""What a host's SMTP has shown beyond what it says of itself."""

from django.db import models


class HostTrait(models.Model):
    """An extension of one MX host that is offered and broken, or proven; forgotten at `until`."""

    class Extension(models.TextChoices):
        """Extensions that hosts get wrong."""

        STARTTLS = "starttls", "STARTTLS"
        PIPELINING = "pipelining", "PIPELINING"
        CHUNKING = "chunking", "CHUNKING"

    pk = models.CompositePrimaryKey("host", "extension")
    host = models.TextField()
    extension = models.TextField(choices=Extension)
    works = models.BooleanField()
    #: What was seen, addresses removed.
    evidence = models.TextField(default="", blank=True)
    learned_at = models.DateTimeField()
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.host} {self.extension} {'works' if self.works else 'broken'}"
