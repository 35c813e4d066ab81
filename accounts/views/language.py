"""The language switch: a cookie for the pages, and the person's row for their mail."""

from django.http import HttpRequest, HttpResponse
from django.views import i18n

from accounts.services.people import remember_language


def set_language(request: HttpRequest) -> HttpResponse:
    """Django's own, which keeps a cookie; who is signed in gets their mail in it as well."""
    if request.method == "POST" and request.user.is_authenticated and request.user.pk is not None:
        remember_language(user_id=request.user.pk, language=request.POST.get("language", ""))
    return i18n.set_language(request)
