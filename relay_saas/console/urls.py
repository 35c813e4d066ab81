"""Pages of no single noun."""

from django.urls import include, path

from relay_saas.console import (
    data_export,
    domain_hosts,
    domain_keys,
    domain_page,
    jobs,
    reports,
    search,
    senders,
    sending_domains,
    views,
)

app_name = "console"
urlpatterns = [
    path("", views.home, name="home"),
    path("search/", search.search, name="search"),
    path("reports/", reports.reports, name="reports"),
    path("domains/", sending_domains.sending_domains, name="sending_domains"),
    path("domains/new/", sending_domains.domain_new, name="domain_new"),
    path("domains/stream/", sending_domains.stream_domain, name="stream_domain"),
    path("domains/<int:domain_id>/", domain_page.domain, name="sending_domain"),
    path("domains/<int:domain_id>/hosts/", domain_hosts.domain_hosts, name="domain_hosts"),
    path("domains/<int:domain_id>/check/", domain_page.domain_check, name="domain_check"),
    path("domains/<int:domain_id>/remove/", domain_page.domain_remove, name="domain_remove"),
    path("domains/<int:domain_id>/revoke/", domain_page.domain_share_revoke, name="domain_share_revoke"),
    path("domains/<int:domain_id>/keys/", domain_keys.keys_change, name="domain_keys_change"),
    path("domains/<int:domain_id>/keys/now/", domain_keys.keys_replace, name="domain_keys_replace"),
    path("domains/<int:domain_id>/zone/", domain_page.domain_zone, name="domain_zone"),
    path("senders/", senders.senders, name="senders"),
    path("senders/new/", senders.sender_new, name="sender_new"),
    path("senders/<int:sender_id>/", senders.sender, name="sender"),
    path("senders/<int:sender_id>/delete/", senders.sender_delete, name="sender_delete"),
    path("jobs/", jobs.job_list, name="jobs"),
    path("jobs/<int:job_id>/", jobs.job_page_of, name="job"),
    path("jobs/<int:job_id>/live/", jobs.job_live, name="job_live"),
    path("jobs/<int:job_id>/stop/", jobs.job_cancel, name="job_cancel"),
    path("jobs/<int:job_id>/file/", jobs.job_file, name="job_file"),
    path("developers/", include("relay_saas.console.developers_urls")),
    path("settings/", include("relay_saas.console.settings_urls")),
    path("settings/data/", data_export.data_export, name="data_export"),
]
