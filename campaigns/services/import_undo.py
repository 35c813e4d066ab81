"""Takes an import back, as far as that is honest: who joined by it, contacts that it made, untouched since.

Values that it changed stay: the old ones are not kept. Suppressions were never touched.
"""

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.tenancy import tenant_scope
from campaigns.models import Campaign, ContactImport
from campaigns.services import import_sql as sql


def take_back(contact_import: ContactImport, check: Callable[[], None]) -> dict[str, int]:
    """Removes what the import added, at once or not at all (`check` raises to stop); returns the counts.

    Somebody who has left the list since stays known as such. A second run changes nothing more.
    """
    tenant_id = contact_import.tenant_id
    values: dict[str, Any] = {
        "tenant": tenant_id,
        "list": contact_import.mailing_list_id,
        "source": f"import:{contact_import.pk}",
        "at": contact_import.imported_at,
    }
    with tenant_scope(tenant_id), connection.cursor() as cursor:
        cursor.execute(sql.LOCK_TENANT, values)
        contact_import.refresh_from_db()
        if contact_import.undone_at is None:
            cursor.execute(sql.UNDO_SUBSCRIPTIONS, values)
            counts = {"left_list": cursor.rowcount, "removed": 0}
            # What was sent to people must go on telling to whom.
            if not _was_mailed(contact_import):
                cursor.execute(sql.UNDO_CONTACTS, values)
                counts["removed"] = cursor.rowcount
            contact_import.undo_counts, contact_import.undone_at = counts, timezone.now()
            contact_import.save(update_fields=["undo_counts", "undone_at"])
            check()
    found: dict[str, int] = contact_import.undo_counts or {}
    return found


def _was_mailed(contact_import: ContactImport) -> bool:
    launched = Campaign.objects.filter(
        mailing_list_id=contact_import.mailing_list_id, launched_at__gte=contact_import.imported_at
    )
    return launched.exists()
