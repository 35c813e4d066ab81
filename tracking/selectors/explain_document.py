"""The story of a message as JSON; the text of `explain` is written from it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from delivery.models import PolicyState
from delivery.models.stream import Stream
from delivery.selectors.event_records import Sender, event_record, sender_of
from delivery.selectors.story import Story, story_of
from delivery.selectors.waiting import Wait
from relay_saas.mail.ids import format_id
from tracking.models import Engagement
from tracking.selectors.engagements import engagements_of

MOST_ENGAGEMENTS = 1000


def explain_document(tenant_id: UUID, message_id: UUID) -> dict[str, Any]:
    """Everything that is known of a message; raises NotFound."""
    story = story_of(tenant_id=tenant_id, message_id=message_id)
    engagements = engagements_of(tenant_id=tenant_id, message_ids=[message_id], limit=MOST_ENGAGEMENTS)
    return _document(story, sender_of(tenant_id), engagements)


def _document(story: Story, sender: Sender, engagements: Sequence[Engagement]) -> dict[str, Any]:
    message = story.message
    return {
        "message": format_id("msg", message.id),
        "uuid": str(message.id),
        "state": story.state,
        "final": story.final,
        "tenant": sender.slug,
        "stream": Stream(message.stream).name.lower(),
        "recipient": message.rcpt,
        "accepted_at": message.created_at.isoformat(),
        "from": _origin(story),
        "content": {
            "id": message.content_id,
            "from": story.content.from_address,
            "subject": story.content.subject,
            "sending_domain": story.content.sending_domain.name,
            "message_id": f"<{message.id.hex}@{story.content.sending_domain.name}>",
            "date": _iso(next((one.dated_at for one in story.attempts if one.dated_at), None)),
        },
        "signed_by": [
            {
                "selector": key.selector,
                "domain": story.content.sending_domain.name,
                "algorithm": key.algorithm,
            }
            for key in story.keys
        ],
        "route": _route(story),
        "lane": _lane(story),
        "attempts": [
            event_record(one, sender) | {"transcript": story.transcripts.get(one.number)}
            for one in story.attempts
        ],
        "next_attempt": _next(story),
        "suppressions": _suppressions(story),
        "engagements": [_engagement(one) for one in engagements],
    }


def _suppressions(story: Story) -> list[dict[str, Any]]:
    return [
        {
            "scope": one.scope,
            "reason": one.reason,
            "detail": one.detail,
            "since": one.created_at.isoformat(),
            "made_by_this_message": one.message_id == story.message.id,
        }
        for one in story.suppressions
    ]


def _engagement(one: Engagement) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "at": one.at.isoformat(),
        "machine": one.machine,
        "reason": one.reason or None,
        "link": one.link_index,
    }


def _origin(story: Story) -> dict[str, Any]:
    campaign, submission = story.campaign, story.submission
    if campaign is not None:
        return {"campaign": campaign.pk, "name": campaign.name, "state": campaign.state}
    if submission is None:
        return {}
    return {
        "submission": format_id("em", submission.pk),
        "channel": submission.channel,
        "api_key": submission.api_key_id,
        "request_id": submission.request_id or None,
    }


def _route(story: Story) -> dict[str, Any]:
    site = story.domain.site
    return {
        "domain": story.domain.name,
        "dns": story.domain.state,
        "site": site.key if site else None,
        "provider": site.provider.name if site else None,
    }


def _lane(story: Story) -> dict[str, Any] | None:
    lane = story.lane
    if lane is None:
        return None
    return {"id": lane.pk, "pool": lane.pool.name, "source": lane.source.address if lane.source else None}


def _next(story: Story) -> dict[str, Any] | None:
    if story.entry is None:
        return None
    return {
        "due_at": story.entry.next_attempt_at.isoformat(),
        "expires_at": story.entry.expires_at.isoformat(),
        "waits_for": [_wait(one) for one in story.waits],
    }


def _wait(wait: Wait) -> dict[str, Any]:
    return {
        "why": str(wait.why),
        "until": _iso(wait.until),
        "detail": wait.detail or None,
        "policy": _policy(wait.policy) if wait.policy else None,
    }


def _policy(policy: PolicyState) -> dict[str, Any]:
    return {
        "id": policy.pk,
        "action": policy.action,
        "value": policy.value,
        "reason": policy.reason,
        "rule": policy.rule or None,
        "evidence": policy.evidence or None,
        "set_by": policy.set_by,
        "until": _iso(policy.until),
    }


def _iso(instant: Any) -> str | None:
    return instant.isoformat() if instant else None
