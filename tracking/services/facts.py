"""Notes facts that other apps announce in the feed of events."""

import json
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.tenancy import tenant_scope


def note_fact(*, tenant_id: UUID, event_id: UUID, event_type: str, data: dict[str, Any]) -> None:
    """One event; `event_id` makes its id."""
    with tenant_scope(tenant_id), connection.cursor() as cursor:
        cursor.execute("select note_own_fact(%s, %s, %s::jsonb)", [event_id, event_type, json.dumps(data)])
