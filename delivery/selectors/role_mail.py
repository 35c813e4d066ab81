"""Mail to postmaster@, abuse@ and fbl@ of any of our names, for an operator to read."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.tenancy import reading_scope
from delivery.models import InboundMail
from delivery.selectors.operations import ask
from relay_saas.mail.mime_reader import decoded_field, read_headers, read_parts
from relay_saas.web.errors import NotFound

MOST_TEXT = 50_000
MOST_SOURCE = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleMail:
    """One line of the list."""

    tenant_id: UUID
    tenant_slug: str
    number: int
    kind: str
    rcpt: str
    mail_from: str
    received_at: datetime
    subject: str
    done_at: datetime | None
    done_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedMail:
    """One of them as text; nothing in it is followed, and nothing of it is HTML."""

    mail: InboundMail
    subject: str
    from_: str
    text: str
    source: str


def role_mail(*, waiting: bool, most: int) -> list[RoleMail]:
    """Newest first: what waits for somebody, or what was read."""
    rows = ask("select * from ops_role_mail(%s, %s)", [waiting, most])
    return [RoleMail(subject=_header(row.pop("head"), "Subject"), **row) for row in rows]


def role_owner(number: int) -> UUID:
    """Whose the mail is; raises NotFound for one that is no such mail."""
    [row] = ask("select ops_role_owner(%s) as owner", [number])
    if row["owner"] is None:
        raise NotFound
    owner: UUID = row["owner"]
    return owner


def open_mail(*, tenant_id: UUID, number: int) -> OpenedMail:
    """The mail as text; raises NotFound."""
    with reading_scope(tenant_id):
        mail = InboundMail.objects.filter(pk=number).first()
    if mail is None:
        raise NotFound
    raw = bytes(mail.raw)
    texts = [part.text(MOST_TEXT) for part in read_parts(raw) if part.kind.startswith("text/")]
    return OpenedMail(
        mail=mail,
        subject=_header(raw, "Subject"),
        from_=_header(raw, "From"),
        text=_plain(texts[0] if texts else ""),
        source=_plain(raw[:MOST_SOURCE].decode("utf-8", "replace")),
    )


def _header(raw: bytes, name: str) -> str:
    return _plain(decoded_field(read_headers(bytes(raw)), name))


def _plain(text: str) -> str:
    """Without what no page may contain."""
    return "".join(sign for sign in text if sign in "\n\t" or sign >= " ").strip()
