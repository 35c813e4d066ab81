"""Django's mail port (EMAIL_BACKEND): the installation's own mail is a submission of the system tenant."""

import logging
from collections.abc import Iterator, Sequence
from email.message import Message
from email.utils import getaddresses, parseaddr
from functools import partial
from typing import Any

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from accounts.exceptions import NoTenantScope
from accounts.tenancy import SYSTEM_TENANT_ID, current_tenant_id, system_scope
from delivery.models.stream import Stream
from delivery.services.submission import submit
from delivery.services.submission_spec import AttachedFile, Mailbox, SubmissionSpec
from relay_saas.web.errors import RelayError

log = logging.getLogger(__name__)


class RelayEmailBackend(BaseEmailBackend):
    """Writes; the queue runs send. Its From domain must be a verified domain of the system tenant."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """The number of messages accepted; raises RelayError unless `fail_silently`, and logs it either way.

        Mail is written in the caller's transaction. Inside a tenant's scope it is written right after the
        commit instead, because no other tenant's rows can be written there.
        """
        specs = [spec_of(message) for message in email_messages if message.recipients()]
        if _in_a_tenants_scope():
            for spec in specs:
                transaction.on_commit(partial(self._accept, spec), robust=True)
            return len(specs)
        return sum(self._accept(spec) for spec in specs)

    def _accept(self, spec: SubmissionSpec) -> bool:
        try:
            with system_scope():
                submit(tenant_id=SYSTEM_TENANT_ID, spec=spec)
        except RelayError as error:
            log.error(  # noqa: TRY400 - expected, and the code says all
                "system mail from %s was not accepted: %s", spec.from_.address, error.code
            )
            if not self.fail_silently:
                raise
            return False
        return True


def _in_a_tenants_scope() -> bool:
    try:
        return current_tenant_id() != SYSTEM_TENANT_ID
    except NoTenantScope:
        return False


def spec_of(message: EmailMessage) -> SubmissionSpec:
    """The spec of one of Django's messages."""
    name, address = parseaddr(message.from_email)
    return SubmissionSpec(
        from_=Mailbox(address=address or message.from_email, name=name),
        to=tuple(_mailboxes(message.to)),
        cc=tuple(_mailboxes(message.cc)),
        bcc=tuple(_mailboxes(message.bcc)),
        reply_to=next((mailbox.address for mailbox in _mailboxes(message.reply_to)), ""),
        subject=str(message.subject),
        text=_body(message, "plain"),
        html=_body(message, "html"),
        headers=tuple((str(key), str(value)) for key, value in message.extra_headers.items()),
        attachments=tuple(_file(item) for item in message.attachments),
        stream=Stream.SYSTEM,
        channel="system",
    )


def _mailboxes(addresses: Sequence[str]) -> Iterator[Mailbox]:
    for name, address in getaddresses([str(address) for address in addresses]):
        yield Mailbox(address=address, name=name)


def _body(message: EmailMessage, subtype: str) -> str | None:
    if message.content_subtype == subtype:
        return str(message.body)
    for content, kind in getattr(message, "alternatives", None) or ():
        if kind == f"text/{subtype}" and isinstance(message, EmailMultiAlternatives):
            return str(content)
    return None


def _file(item: Any) -> AttachedFile:
    """A file in either form that Django takes: name, content and type, or a MIME part."""
    if isinstance(item, Message):
        payload = item.get_payload(decode=True)
        content = payload if isinstance(payload, bytes) else item.as_bytes()
        return AttachedFile(
            name=item.get_filename() or "attachment", content_type=item.get_content_type(), content=content
        )
    name, content, content_type = item
    return AttachedFile(
        name=name or "attachment",
        content_type=content_type or "application/octet-stream",
        content=content if isinstance(content, bytes) else str(content).encode(),
    )
