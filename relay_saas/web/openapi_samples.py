"""What the reference shows in the place of a text, by the name of its field."""

from collections.abc import Mapping
from typing import Any, Final

from rest_framework import serializers

SAMPLES: Final[Mapping[str, str]] = {
    "address": "shop@news.example.com",
    "category": "recipient_unknown",
    "code": "no_at",
    "content_type": "text/plain",
    "description": "Shop",
    "detail": "The address has no @.",
    "email": "hanako@example.jp",
    "enhanced": "2.0.0",
    "file_name": "contacts.csv",
    "filename": "receipt.txt",
    "from_address": "news@news.example.com",
    "from_name": "Acme",
    "host": "mx1.example.jp",
    "html": "<p>こんにちは</p>",
    "key": "city",
    "label": "市区町村",
    "name": "月刊ニュース",
    "password": "shown once",
    "pointer": "/to/0/email",
    "preheader": "11月の新着",
    "prefix": "rly_live_4Zq",
    "reason": "asked on the phone",
    "reply": "250 2.0.0 OK",
    "reply_to": "support@news.example.com",
    "secret": "shown once",
    "stage": "dot",
    "state": "delivered",
    "status": "queued",
    "stream": "transactional",
    "subject": "11月のお知らせ",
    "text": "こんにちは",
    "time_zone": "Asia/Tokyo",
    "title": "Delivered",
    "to": "taro@example.jp",
    "type": "delivered",
    "url": "https://example.com/hooks/mail",
    "username": "smtp_4Zq",
}


def sample_of(field: Any) -> str | None:
    """A text as it may be; None for what is no text, or has a form of its own."""
    if not isinstance(field, serializers.CharField) or isinstance(field, serializers.IPAddressField):
        return None
    return SAMPLES.get(str(field.field_name))
