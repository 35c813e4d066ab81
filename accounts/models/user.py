"""A person; people are not tenant data: one person may be a member of several organizations."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class UserManager(BaseUserManager["User"]):
    """Makes people; addresses are kept in lower case."""

    def create_user(
        self, email: str, password: str | None = None, *, name: str = "", locale: str = "en"
    ) -> "User":
        """A person who signs in with `email`; without a password nobody can sign in."""
        user = self.model(email=email.lower(), name=name, locale=locale)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """Somebody who signs in."""

    email = models.TextField(unique=True)
    name = models.TextField(default="")
    locale = models.TextField(default="en")
    is_active = models.BooleanField(default=True)
    #: An operator of the relay: sees and stops delivery for everybody, and no organization's pages by it.
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()

    def __str__(self) -> str:
        return self.email
