"""Keeps pictures: read from end to end, within limits, one file for the same content."""

import hashlib
from functools import partial
from typing import BinaryIO, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from accounts import audit
from accounts.audit import Actor
from accounts.models import Tenant
from accounts.tenancy import tenant_scope
from campaigns.exceptions import BadMedia
from campaigns.models import Media
from campaigns.services.media_files import drop, keep
from relay_saas.mail.picture import BadPicture, Picture, read_picture
from relay_saas.web.errors import NotFound

MEGABYTE: Final = 1024 * 1024
#: Phones on the road are who loads it.
MAX_BYTES: Final = 5 * MEGABYTE
MAX_SIDE: Final = 8000
QUOTA_BYTES: Final = 500 * MEGABYTE
MAX_FILE_NAME: Final = 200
MAX_ALT: Final = 500


def upload_media(*, tenant_id: UUID, file: BinaryIO, file_name: str, alt: str, actor: Actor) -> Media:
    """Keeps a picture; the same content again is the picture that is there. Raises BadMedia."""
    picture = _read(file.read(MAX_BYTES + 1))
    data = picture.data
    digest = hashlib.sha256(data).hexdigest()
    with tenant_scope(tenant_id):
        # One upload of an organization at a time: two must not fill the quota twice.
        tenant = Tenant.objects.select_for_update().get(pk=tenant_id)
        known = Media.objects.filter(digest=digest).first()
        if known is not None:
            return known
        used = used_bytes(tenant_id=tenant_id)
        if used + len(data) > QUOTA_BYTES:
            raise BadMedia("quota_full", megabytes=QUOTA_BYTES // MEGABYTE)
        media = Media.objects.create(
            tenant_id=tenant_id,
            digest=digest,
            kind=picture.kind,
            file_name=_line(file_name)[-MAX_FILE_NAME:] or f"picture.{picture.kind}",
            alt=_line(alt)[:MAX_ALT],
            size=len(data),
            width=picture.width,
            height=picture.height,
        )
        audit.record(tenant_id=tenant_id, actor=actor, verb="uploaded", subject=media)
        keep(tenant.number, media, data)
    return media


def describe_media(*, tenant_id: UUID, media_id: int, alt: str, actor: Actor) -> Media:
    """Sets the text that stands in for the picture; raises NotFound."""
    with tenant_scope(tenant_id):
        media = _locked(media_id)
        media.alt = _line(alt)[:MAX_ALT]
        media.save(update_fields=["alt"])
        audit.record(tenant_id=tenant_id, actor=actor, verb="changed", subject=media)
    return media


def delete_media(*, tenant_id: UUID, media_id: int, actor: Actor) -> None:
    """Removes a picture; mails that show it show its alt text from now on. Raises NotFound."""
    with tenant_scope(tenant_id):
        media = _locked(media_id)
        audit.record(
            tenant_id=tenant_id,
            actor=actor,
            verb="removed",
            subject=media,
            changes={"file_name": media.file_name, "digest": media.digest},
        )
        media.delete()
        transaction.on_commit(partial(_drop, tenant_id, media), robust=True)


def _drop(tenant_id: UUID, media: Media) -> None:
    """Removes the file, unless the same content was uploaded again meanwhile."""
    with tenant_scope(tenant_id):
        tenant = Tenant.objects.select_for_update().get(pk=tenant_id)
        if not Media.objects.filter(digest=media.digest).exists():
            drop(tenant.number, media)


def used_bytes(*, tenant_id: UUID) -> int:
    """What the organization's pictures take."""
    with tenant_scope(tenant_id):
        return int(Media.objects.aggregate(sum=Sum("size"))["sum"] or 0)


def _read(data: bytes) -> Picture:
    if not data:
        raise BadMedia("file_empty")
    if len(data) > MAX_BYTES:
        raise BadMedia("file_too_large", megabytes=MAX_BYTES // MEGABYTE)
    try:
        picture = read_picture(data)
    except BadPicture as error:
        raise BadMedia(error.code) from error
    if max(picture.width, picture.height) > MAX_SIDE:
        raise BadMedia("too_many_pixels", pixels=MAX_SIDE)
    return picture


def _line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _locked(media_id: int) -> Media:
    media = Media.objects.select_for_update().filter(pk=media_id).first()
    if media is None:
        raise NotFound
    return media
