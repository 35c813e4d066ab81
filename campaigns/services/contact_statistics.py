"""Lets the planner know of a large import at once."""

from typing import Final

from django.db import connection

#: Fewer changed rows leave the planner's picture as it was.
LEAST: Final = 5_000


def keep_contact_statistics(changed: int) -> bool:
    """Counts the contacts anew after many have changed; whether it did."""
    if changed < LEAST:
        return False
    with connection.cursor() as cursor:
        cursor.execute("select keep_contact_statistics()")
    return True
