"""What people did with a message, and who hears of it."""

from tracking.models.dmarc import DmarcDay, DmarcReport, DmarcSource
from tracking.models.engagement import Engagement, EngagementCounter, EngagementRollup, Reaction
from tracking.models.event_feed import EventBatch
from tracking.models.share import MessageShare
from tracking.models.webhook import (
    WebhookAttempt,
    WebhookCall,
    WebhookEndpoint,
    WebhookHour,
    WebhookReplay,
)

__all__ = [
    "DmarcDay",
    "DmarcReport",
    "DmarcSource",
    "Engagement",
    "EngagementCounter",
    "EngagementRollup",
    "EventBatch",
    "MessageShare",
    "Reaction",
    "WebhookAttempt",
    "WebhookCall",
    "WebhookEndpoint",
    "WebhookHour",
    "WebhookReplay",
]
