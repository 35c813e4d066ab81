"""Calls in Postmark's shape, read by django-anymail's own webhook view."""

import base64
import json
from typing import Any

import pytest
from anymail.signals import tracking
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from django.test import RequestFactory
from django.utils import timezone
from pytest_django.fixtures import Settings

from tracking.selectors.event_samples import sample_body, sample_row
from tracking.selectors.event_words import SUBSCRIBABLE
from tracking.selectors.postmark_document import postmark_document

#: Our type -> what anymail makes of it.
READ = {
    "delivered": "delivered",
    "deferred": "deferred",
    "bounced": "bounced",
    "opened": "opened",
    "clicked": "clicked",
    "complained": "complained",
    "unsubscribed": "unsubscribed",
    "subscribed": "subscribed",
}


@pytest.fixture
def heard(settings: Settings) -> Any:
    """Sends a body to anymail's view; the events that it announced."""
    settings.ANYMAIL = {"WEBHOOK_SECRET": "me:pass"}
    events: list[Any] = []

    def receiver(sender: Any, event: Any, esp_name: str, **_: Any) -> None:
        events.append((esp_name, event))

    tracking.connect(receiver)
    view = PostmarkTrackingWebhookView.as_view()

    def send(body: str) -> list[Any]:
        authorization = f"Basic {base64.b64encode(b'me:pass').decode()}"
        request = RequestFactory().post(
            "/anymail/postmark/tracking/",
            data=body,
            content_type="application/json",
            headers={"Authorization": authorization},
            secure=True,
        )
        response = view(request)
        assert response.status_code == 200
        return events

    yield send
    tracking.disconnect(receiver)


@pytest.mark.parametrize("event_type", sorted(READ))
def test_anymail_reads_what_we_mean(heard: Any, event_type: str) -> None:
    document = postmark_document(sample_row(event_type, timezone.now()))
    ((esp, event),) = heard(json.dumps(document))
    assert esp == "Postmark"
    assert event.event_type == READ[event_type]
    assert event.recipient == "recipient@example.com"
    assert event.tags == ["example"]
    assert event.metadata == {"order": "1234"}
    assert event.message_id
    assert event.timestamp is not None


def test_a_hard_bounce_says_why(heard: Any) -> None:
    ((_, event),) = heard(json.dumps(postmark_document(sample_row("bounced", timezone.now()))))
    assert (event.reject_reason, event.mta_response) == ("bounced", "550 5.1.1 No such user")


@pytest.mark.parametrize("event_type", sorted(set(SUBSCRIBABLE) - set(READ)))
def test_what_postmark_has_no_word_for_is_not_told(event_type: str) -> None:
    assert postmark_document(sample_row(event_type, timezone.now())) is None


@pytest.mark.parametrize("event_type", SUBSCRIBABLE)
def test_every_type_has_an_example_that_names_it(event_type: str) -> None:
    document = json.loads(sample_body("standard", event_type, "evt_1", timezone.now()))
    assert (document["type"], document["data"]["test"]) == (event_type, True)
