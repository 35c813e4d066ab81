"""How many recipients of a campaign have nothing in the fields that its texts show."""

from collections.abc import Sequence

from django.db import connection

from accounts.tenancy import reading_scope
from campaigns.models import Campaign
from campaigns.selectors.audience import people_parameters, people_sql


def empty_values(campaign: Campaign, keys: Sequence[str]) -> dict[str, int]:
    """Recipients without a value by key of the field; one query."""
    if not keys:
        return {}
    columns = ", ".join(
        f"count(*) filter (where coalesce(attrs ->> %(key_{n})s, '') = '')" for n in range(len(keys))
    )
    people = people_sql(repeat=campaign.repeat_of_id is not None)
    query = f"select {columns} from ({people}) people where reason = ''"  # noqa: S608 - our own text
    parameters = people_parameters(campaign) | {f"key_{n}": key for n, key in enumerate(keys)}
    with reading_scope(campaign.tenant_id), connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return dict(zip(keys, cursor.fetchone(), strict=True))
