"""The three streams: they never share opt-outs, and transactional goes before marketing."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Stream(models.IntegerChoices):
    """Stored as smallint; lower goes first."""

    SYSTEM = 0, _("System")
    TRANSACTIONAL = 1, _("Transactional")
    MARKETING = 2, _("Marketing")
