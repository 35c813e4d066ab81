"""Writes senders: an address below a verified domain of the organization, and one of them the default."""

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from accounts import audit
from accounts.address_words import words_of
from accounts.audit import Actor
from accounts.exceptions import BadSender
from accounts.models import Sender, SendingDomain
from accounts.tenancy import tenant_scope
from relay_saas.mail.addresses import BadAddress, parse_address
from relay_saas.web.errors import NotFound

MAX_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderDraft:
    """What a person writes."""

    name: str
    address: str
    reply_to: str = ""
    is_default: bool = False


def create_sender(*, tenant_id: UUID, draft: SenderDraft, actor: Actor) -> Sender:
    """A sender; the first one is the default. Raises BadSender."""
    with tenant_scope(tenant_id):
        values = _clean(draft, known=None)
        first = not Sender.objects.filter(is_default=True).exists()
        sender = Sender(tenant_id=tenant_id, **values)
        _save(sender, is_default=draft.is_default or first)
        audit.record(tenant_id=tenant_id, actor=actor, verb="created", subject=sender)
    return sender


def update_sender(*, tenant_id: UUID, sender_id: int, draft: SenderDraft, actor: Actor) -> Sender:
    """Replaces a sender; campaigns keep the address they were written with. Raises NotFound, BadSender."""
    with tenant_scope(tenant_id):
        sender = _locked(sender_id)
        values = _clean(draft, known=sender)
        changed = [name for name, value in values.items() if getattr(sender, name) != value]
        for name in changed:
            setattr(sender, name, values[name])
        # The default moves by choosing another one, so that there is always one.
        _save(sender, is_default=draft.is_default or sender.is_default)
        audit.record(
            tenant_id=tenant_id, actor=actor, verb="changed", subject=sender, changes={"fields": changed}
        )
    return sender


def delete_sender(*, tenant_id: UUID, sender_id: int, actor: Actor) -> None:
    """Removes a sender; the next one by address becomes the default if this was it. Raises NotFound."""
    with tenant_scope(tenant_id):
        sender = _locked(sender_id)
        audit.record(
            tenant_id=tenant_id,
            actor=actor,
            verb="removed",
            subject=sender,
            changes={"address": sender.address},
        )
        was_default = sender.is_default
        sender.delete()
        heir = Sender.objects.order_by("address").first() if was_default else None
        if heir is not None:
            _save(heir, is_default=True)


def _locked(sender_id: int) -> Sender:
    sender = Sender.objects.select_for_update().filter(pk=sender_id).first()
    if sender is None:
        raise NotFound
    return sender


def _save(sender: Sender, *, is_default: bool) -> None:
    if is_default:
        Sender.objects.filter(is_default=True).update(is_default=False)
    sender.is_default = is_default
    sender.save()


def _clean(draft: SenderDraft, *, known: Sender | None) -> dict[str, object]:
    name = " ".join(draft.name.split())
    if "\x00" in name or len(name) > MAX_NAME:
        message = _("The name is longer than %(most)s characters or holds a character that mail cannot show.")
        raise BadSender(message % {"most": MAX_NAME}, code="bad_name")
    address = _address(draft.address, "bad_address")
    domain = _domain(address)
    taken = Sender.objects.filter(address=address).first()
    if taken is not None and taken != known:
        raise BadSender(BadSender.messages["sender_exists"], code="sender_exists")
    reply_to = _address(draft.reply_to, "bad_reply_to") if draft.reply_to.strip() else ""
    return {"name": name, "address": address, "domain": domain, "reply_to": reply_to}


def _domain(address: str) -> SendingDomain:
    name = address.rpartition("@")[2]
    domain = SendingDomain.objects.filter(name=name).first()
    if domain is None:
        message = str(BadSender.messages["domain_unknown"])
        raise BadSender(message % {"name": name}, code="domain_unknown")
    if domain.state != SendingDomain.State.VERIFIED:
        message = _("%(name)s is not verified yet. Set its DNS records on its page, then come back.")
        raise BadSender(message % {"name": name}, code="domain_not_verified")
    return domain


def _address(text: str, code: str) -> str:
    try:
        return str(parse_address(text.strip()))
    except BadAddress as error:
        message = _("This is not an address that mail can use: %(problem)s") % {"problem": words_of(error)}
        raise BadSender(message, code=code) from error
