"""The tables of accounts."""

from accounts.models.api_key import ApiKey
from accounts.models.api_request import ApiRequest
from accounts.models.audit import AuditEvent
from accounts.models.domain import DkimKey, SendingDomain
from accounts.models.idempotency import IdempotencyKey
from accounts.models.invitation import Invitation
from accounts.models.job import Job
from accounts.models.membership import Membership, Role
from accounts.models.sender import Sender
from accounts.models.smtp_credential import SmtpAllowance, SmtpCredential
from accounts.models.source_check import SourceCheck
from accounts.models.tenant import Tenant
from accounts.models.user import User

__all__ = [
    "ApiKey",
    "ApiRequest",
    "AuditEvent",
    "DkimKey",
    "IdempotencyKey",
    "Invitation",
    "Job",
    "Membership",
    "Role",
    "Sender",
    "SendingDomain",
    "SmtpAllowance",
    "SmtpCredential",
    "SourceCheck",
    "Tenant",
    "User",
]
