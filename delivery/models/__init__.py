"""The ledger, the queue and the map of the outside world."""

from delivery.models.endpoint import Endpoint
from delivery.models.hold import SuppressionHold
from delivery.models.host import EgressHost, Incarnation
from delivery.models.inbound import InboundMail, InboundRefusal
from delivery.models.launch import Launch
from delivery.models.ledger import Attempt, AttemptState, Counter, Message, Reply, Rollup, Transcript
from delivery.models.notice import NoticeRequest
from delivery.models.policy import PolicyAction, PolicyState, Scope
from delivery.models.queue import Lane, Permit, QueueEntry, QueueRun
from delivery.models.raw import RawMail, SubmissionReceipt
from delivery.models.routing import Domain, EgressPool, EgressSource, PoolAssignment, Provider, Site
from delivery.models.shaping import RuleHit, ShapingOverride, SiteFeedback
from delivery.models.simulated import SimulatedMail
from delivery.models.submission import Submission
from delivery.models.trait import HostTrait
from delivery.models.warmup import WarmupDay, WarmupPlan

__all__ = [
    "Attempt",
    "AttemptState",
    "Counter",
    "Domain",
    "EgressHost",
    "EgressPool",
    "EgressSource",
    "Endpoint",
    "HostTrait",
    "InboundMail",
    "InboundRefusal",
    "Incarnation",
    "Lane",
    "Launch",
    "Message",
    "NoticeRequest",
    "Permit",
    "PolicyAction",
    "PolicyState",
    "PoolAssignment",
    "Provider",
    "QueueEntry",
    "QueueRun",
    "RawMail",
    "Reply",
    "Rollup",
    "RuleHit",
    "Scope",
    "ShapingOverride",
    "SimulatedMail",
    "Site",
    "SiteFeedback",
    "Submission",
    "SubmissionReceipt",
    "SuppressionHold",
    "Transcript",
    "WarmupDay",
    "WarmupPlan",
]
