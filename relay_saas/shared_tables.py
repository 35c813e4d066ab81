"""The tables that hold no tenant's data and the uniques that span tenants; a test compares them with the
catalogue."""

#: Table -> why it belongs to nobody.
SHARED_TABLES = {
    "accounts_user": "a person may belong to several organizations",
    "account_emailaddress": "a person's addresses",
    "account_emailconfirmation": "a person's addresses",
    "auth_group": "Django's, unused",
    "auth_group_permissions": "Django's, unused",
    "auth_permission": "Django's, unused",
    "django_content_type": "Django's",
    "django_migrations": "Django's",
    "django_session": "sign-ins of people",
    "delivery_domain": "what DNS says of a recipient domain",
    "delivery_site": "sorted MX sets",
    "delivery_provider": "whose limits apply",
    "delivery_egresspool": "our own addresses",
    "delivery_egresssource": "our own addresses",
    "delivery_queuerun": "our own processes",
    "delivery_egresshost": "our own machines",
    "delivery_endpoint": "addresses of mail servers that were spoken to, and with what encryption",
    "delivery_hosttrait": "what MX hosts have shown of their extensions",
    "delivery_incarnation": "which database this is",
    "delivery_permit": "our own processes' connections",
    "delivery_poolassignment": "which of our addresses carry whose mail",
    "delivery_shapingoverride": "the operators' limits",
    "delivery_sitefeedback": "what recipients' servers have taught us",
    "delivery_rulehit": "what recipients' servers have taught us",
    "delivery_warmupplan": "the warm-up of our addresses",
    "delivery_warmupday": "the warm-up of our addresses",
    "delivery_suppressionhold": "recipients' servers whose bounces are not believed",
    "delivery_inboundrefusal": "addresses that are nobody's",
    "delivery_policystate": "the operators' and the engine's suspensions and slow-downs",
    "delivery_transition": "which state may follow which",
}

#: Unique index -> why it may span tenants. Surrogate primary keys (one bigint or UUID that we make) are
#: exempt: they
#: hold nothing that a tenant chose, so a clash can tell nothing.
GLOBAL_UNIQUES = {
    "accounts_tenant_slug_key": "the slug is the organization's address",
    "accounts_tenant_number_key": "tokens on the wire name the tenant by number",
    "accounts_apikey_hash_key": "a key names its tenant",
    "accounts_invitation_hash_key": "an invitation's link names its tenant",
    "endpoint_once": "recipients' servers belong to nobody",
    "suppressionhold_one_a_provider": "recipients' servers belong to nobody",
    "sendingdomain_verified_once": "a domain is verified by one organization",
}

#: SECURITY DEFINER functions, the only way past the policies -> what they are asked for.
DEFINER_FUNCTIONS = {
    "resolve_membership": "a person's role in the organization that a URL names",
    "memberships_of": "the organizations of the person who is signed in",
    "resolve_api_key": "whose key a request carries",
    "resolve_invitation": "whose invitation a link carries",
    "resolve_tenant_number": "whose token a link or a return path carries",
    "resolve_tenant_slug": "the organization that a command names",
    "resolve_message": "the organization of the message that an operator asks about",
    "domains_to_check": "sweeper",
    "jobs_to_run": "sweeper",
    "jobs_to_clean": "sweeper",
    "tenants_with_old_requests": "sweeper",
    "launches_to_write": "sweeper",
    "campaigns_to_launch": "sweeper",
    "campaigns_to_finish": "sweeper",
    "keep_queue_statistics": "nobody: it counts the queue anew for the planner",
    "inbound_to_handle": "sweeper",
    "inbound_to_tell": "sweeper",
    "tenants_with_bounces": "the organizations whose suppressions an operator takes back",
    "suppression_shares": "how many addresses bounce at each provider, by organization",
    "resolve_mail_host": "the organization that a role address belongs to",
    "ops_lanes": "operators: what waits, by lane",
    "ops_attempts_today": "operators: attempts of the day by provider and state",
    "ops_reasons": "operators: refusals and deferrals of lately by class",
    "ops_doubts": "operators: messages in doubt; each look is in the audit trail",
    "ops_tenants": "operators: names of organizations",
    "ops_tenant_figures": "operators: organizations with what they sent and the complaints about it",
    "ops_jobs": "operators: jobs of all organizations; each look is in the audit trail",
    "ops_struck": "operators: provisional suppressions by provider, rule and hour",
    "ops_role_mail": "operators: mail to postmaster@, abuse@ and fbl@, complaints about nothing of ours",
    "ops_role_owner": "operators: whose such a mail is; each look is in the audit trail",
    "ops_restored": "operators: what a restored copy may have sent already",
}
