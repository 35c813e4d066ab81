"""Keeps the planner's statistics of the queue from saying that it is empty while it is not."""

from django.db import connection


def keep_queue_statistics() -> bool:
    """Counts the queue anew where the planner takes it for empty; whether it did."""
    with connection.cursor() as cursor:
        cursor.execute("select keep_queue_statistics()")
        return bool(cursor.fetchone()[0])
