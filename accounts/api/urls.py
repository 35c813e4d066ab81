"""Routes of the API for domains, senders, keys, credentials, members and jobs."""

from django.urls import path

from accounts.api import domains, jobs, keys, members, organization

app_name = "accounts_api"
urlpatterns = [
    path("domains", domains.DomainsView.as_view(), name="domains"),
    path("domains/<str:domain>", domains.DomainView.as_view(), name="domain"),
    path("domains/<str:domain>/verify", domains.DomainVerifyView.as_view(), name="domain_verify"),
    path("senders", domains.SendersView.as_view(), name="senders"),
    path("senders/<str:sender>", domains.SenderView.as_view(), name="sender"),
    path("keys", keys.KeysView.as_view(), name="keys"),
    path("keys/<str:key_id>", keys.KeyView.as_view(), name="key"),
    path("keys/<str:key_id>/rotate", keys.KeyRotateView.as_view(), name="key_rotate"),
    path("credentials", keys.CredentialsView.as_view(), name="credentials"),
    path("credentials/<str:credential>", keys.CredentialView.as_view(), name="credential"),
    path("members", members.MembersView.as_view(), name="members"),
    path("members/<str:member>", members.MemberView.as_view(), name="member"),
    path("invitations", members.InvitationsView.as_view(), name="invitations"),
    path("invitations/<str:invitation>", members.InvitationView.as_view(), name="invitation"),
    path(
        "invitations/<str:invitation>/resend",
        members.InvitationResendView.as_view(),
        name="invitation_resend",
    ),
    path("organization", organization.OrganizationView.as_view(), name="organization"),
    path("audit-log", organization.AuditLogView.as_view(), name="audit_log"),
    path("jobs", jobs.JobsView.as_view(), name="jobs"),
    path("jobs/<str:job>", jobs.JobView.as_view(), name="job"),
    path("jobs/<str:job>/cancel", jobs.JobCancelView.as_view(), name="job_cancel"),
    path("jobs/<str:job>/file", jobs.JobFileView.as_view(), name="job_file"),
]
