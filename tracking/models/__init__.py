"""What people did with a message."""

from tracking.models.engagement import Engagement, EngagementCounter, EngagementRollup, Reaction

__all__ = ["Engagement", "EngagementCounter", "EngagementRollup", "Reaction"]
