"""The streams under delivery's name; the table of sending domains, further left, knows them too."""

from accounts.models.stream import Stream

__all__ = ["Stream"]
