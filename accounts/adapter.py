"""How allauth behaves here: no self-service sign-up until the trial is built, and mail by our own letters."""

from typing import Any, Final
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from accounts.models import User
from accounts.services import post

PASSWORD_RESET: Final = "account/email/password_reset_key"  # noqa: S105 - the name of a template


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Invitation only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def get_reset_password_from_key_url(self, key: str) -> str:
        """At the address that the settings name: the request's Host is whatever its sender wrote."""
        return post.link_to(urlsplit(super().get_reset_password_from_key_url(key)).path)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """The reset goes out in the language of the person, wherever it was asked for."""
        if template_prefix != PASSWORD_RESET:
            super().send_mail(template_prefix, email, context)
            return
        person: User = context["user"]
        post.send(
            to=email,
            language=person.locale,
            letter="password_reset",
            context={"link": context["password_reset_url"], "address": email},
        )
