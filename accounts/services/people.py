"""What people set for themselves, whatever organization they work for."""

from django.conf import settings

from accounts.models import User


def remember_language(*, user_id: int, language: str) -> None:
    """Mail to this person is written in `language` from now on; an unknown one changes nothing."""
    if language in dict(settings.LANGUAGES):
        User.objects.filter(pk=user_id).exclude(locale=language).update(locale=language)
