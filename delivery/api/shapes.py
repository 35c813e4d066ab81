"""The shapes of the mail API's answers, for the reference."""

from typing import Any

from rest_framework import serializers

from relay_saas.web.api_fields import Moment, UuidId
from relay_saas.web.prefixed import PublicId
from relay_saas.web.strict_fields import TextPairs

Documents = serializers.Serializer[Any]


class TakenMessageDocument(Documents):
    """One recipient's copy."""

    id = UuidId("msg")
    to = serializers.CharField()
    status = serializers.CharField()


class TakenEmailDocument(Documents):
    """What was taken."""

    id = UuidId("em")
    messages = TakenMessageDocument(many=True)


class ItemProblemDocument(Documents):
    """What is wrong with one value of an item."""

    pointer = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class BatchItemDocument(Documents):
    """One item: what was taken, or why not."""

    status = serializers.IntegerField()
    id = serializers.CharField(required=False)
    messages = TakenMessageDocument(many=True, required=False)
    code = serializers.CharField(required=False)
    detail = serializers.CharField(required=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`errors` means something else to serializers, so it cannot be declared above."""
        return {**super().get_fields(), "errors": ItemProblemDocument(many=True, required=False)}


class BatchDocument(Documents):
    """One answer for each item, in their order."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`data` means something else to serializers, so it cannot be declared above."""
        return {"data": BatchItemDocument(many=True)}


class MailboxDocument(Documents):
    """A mailbox."""

    email = serializers.CharField()
    name = serializers.CharField(allow_blank=True)


class EmailLineDocument(Documents):
    """Accepted mail in a list."""

    id = UuidId("em")
    stream = serializers.CharField()
    topic = PublicId("lst", allow_null=True)
    channel = serializers.CharField()
    to = serializers.ListField(child=serializers.CharField())
    cc = serializers.ListField(child=serializers.CharField())
    subject = serializers.CharField(allow_blank=True)
    tags = serializers.ListField(child=serializers.CharField())
    metadata = TextPairs()
    created_at = Moment()
    scheduled_at = Moment(allow_null=True)
    test = serializers.BooleanField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`from` is a word of Python, so it cannot be declared above."""
        return {"from": MailboxDocument(), **super().get_fields()}


class EmailDocument(EmailLineDocument):
    """Accepted mail with all its copies."""

    messages = TakenMessageDocument(many=True)
