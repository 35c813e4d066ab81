"""Settings of an organization: its pages come from accounts."""

from django.urls import path

from accounts.views import audit, members, settings

urlpatterns = [
    path("", settings.general, name="settings"),
    path("save/", settings.save, name="settings_save"),
    path("members/", members.member_list, name="members"),
    path("members/invite/", members.invite, name="invite"),
    path("members/<int:membership_id>/role/", members.change_role, name="member_role"),
    path("members/<int:membership_id>/remove/", members.remove, name="member_remove"),
    path("invitations/<int:invitation_id>/resend/", members.resend, name="invitation_resend"),
    path("invitations/<int:invitation_id>/revoke/", members.revoke, name="invitation_revoke"),
    path("audit/", audit.log, name="audit"),
    path("audit/export/", audit.export, name="audit_export"),
]
