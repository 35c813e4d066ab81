"""The three streams: neither opt-outs nor own sending domains are shared; transactional goes first."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Stream(models.IntegerChoices):
    """Stored as smallint; lower goes first."""

    SYSTEM = 0, _("System")
    TRANSACTIONAL = 1, _("Transactional")
    MARKETING = 2, _("Marketing")
