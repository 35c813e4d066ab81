"""What people did with a message."""

from tracking.models.engagement import Engagement, EngagementCounter, Reaction

__all__ = ["Engagement", "EngagementCounter", "Reaction"]
