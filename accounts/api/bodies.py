"""What the API takes about domains, senders, keys, credentials and members."""

from typing import Any

from django.conf import settings
from rest_framework import serializers

from accounts.api.documents import StreamWord
from accounts.models import Role
from accounts.models.api_key import KeyScope
from accounts.models.stream import Stream
from accounts.services.key_limits import MAX_RATE
from accounts.services.networks import MAX_ENTRIES
from accounts.services.organization import UNDO_SECONDS, zone_names
from accounts.services.senders import MAX_NAME
from accounts.services.smtp_draft import MAX_LIMIT
from relay_saas.web.api_fields import GivenMoment
from relay_saas.web.strict_fields import StrictFlag, StrictInteger, StrictSerializer, StrictText

ADDRESS = 400
#: Of a key or a credential.
SHORT_NAME = 60


def texts(length: int, **kwargs: Any) -> serializers.ListField:
    """A list of short texts."""
    return serializers.ListField(
        child=StrictText(max_length=length), required=False, default=list, max_length=MAX_ENTRIES, **kwargs
    )


class NewDomainBody(StrictSerializer):
    """A domain for mail alone."""

    name = StrictText(max_length=253)


class DomainBody(StrictSerializer):
    """Whose own domain it is."""

    stream = StreamWord(allow_null=True)


class SenderBody(StrictSerializer):
    """Who mail is from."""

    name = StrictText(required=False, allow_blank=True, default="", max_length=MAX_NAME)
    address = StrictText(max_length=ADDRESS)
    reply_to = StrictText(required=False, allow_blank=True, default="", max_length=ADDRESS)
    is_default = StrictFlag(required=False, default=False)


class KeyBody(StrictSerializer):
    """A key; it may do no more than the key that makes it."""

    name = StrictText(max_length=SHORT_NAME)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(KeyScope.choices), min_length=1, max_length=len(KeyScope)
    )
    expires_at = GivenMoment(required=False, allow_null=True, default=None)
    test = StrictFlag(required=False, default=False)
    domains = texts(253)
    networks = texts(60)
    rate = StrictInteger(required=False, allow_null=True, default=None, min_value=1, max_value=MAX_RATE)


class CredentialBody(StrictSerializer):
    """An SMTP credential."""

    name = StrictText(max_length=SHORT_NAME)
    allowed_from = texts(ADDRESS, help_text="Addresses, domains or patterns; empty: every verified domain.")
    networks = texts(60, help_text="CIDR; empty: from everywhere.")
    stream = StreamWord(required=False, default=Stream.TRANSACTIONAL)
    track_opens = StrictFlag(required=False, default=False)
    track_clicks = StrictFlag(required=False, default=False)
    rate_per_minute = StrictInteger(
        required=False, allow_null=True, default=None, min_value=1, max_value=MAX_LIMIT
    )
    daily_limit = StrictInteger(
        required=False, allow_null=True, default=None, min_value=1, max_value=MAX_LIMIT
    )
    bounce_notice = StrictText(required=False, allow_blank=True, default="", max_length=ADDRESS)


class SecondsChoice(serializers.ChoiceField):
    """Some whole numbers, as numbers."""

    def to_internal_value(self, data: Any) -> Any:
        """Raises ValidationError for another type."""
        if type(data) is not int:
            self.fail("invalid_choice", input=data)
        return super().to_internal_value(data)


class OrganizationBody(StrictSerializer):
    """What an organization says of itself."""

    name = StrictText(max_length=100)
    locale = serializers.ChoiceField(settings.LANGUAGES)
    time_zone = serializers.ChoiceField(zone_names())
    legal_name = StrictText(max_length=200, allow_blank=True)
    postal_address = StrictText(max_length=500, allow_blank=True)
    contact_address = StrictText(max_length=200, allow_blank=True)
    undo_seconds = SecondsChoice(UNDO_SECONDS, allow_null=True)


class RoleBody(StrictSerializer):
    """What a member may do."""

    role = serializers.ChoiceField(Role.choices)


class InvitationBody(RoleBody):
    """Whom to ask, and as what."""

    email = serializers.EmailField(max_length=254)
