"""The sending domains that mail asks for: one question for many mails."""

from collections.abc import Collection
from typing import Final

from accounts.models import SendingDomain
from accounts.statements import ask
from delivery.models.stream import Stream

#: The scope's own; the query runs for every mail.
_SENDERS: Final = """
select id, tenant_id, name, state, stream from accounts_sendingdomain
where tenant_id = (select app_tenant()) and (name = any(%s::text[]) or stream = any(%s::smallint[]))
"""


def senders(*, names: Collection[str], streams: Collection[Stream] = ()) -> list[SendingDomain]:
    """Those of these names and those that belong to these streams, in the tenant's scope."""
    return [
        SendingDomain(id=pk, tenant_id=tenant_id, name=name, state=state, stream=stream)
        for pk, tenant_id, name, state, stream in ask(
            _SENDERS, [list(names), [stream.value for stream in streams]]
        )
    ]
