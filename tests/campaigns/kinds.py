"""Names for what the fixtures give."""

from collections.abc import Callable

from accounts.models import Job
from campaigns.models import Campaign

Load = Callable[..., Job]
Write = Callable[..., Campaign]
