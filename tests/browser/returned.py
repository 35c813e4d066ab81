"""What came back, in the browser tests: bounces that may be wrong, mail to our roles, a restored copy."""

from datetime import timedelta

import psycopg
from django.conf import settings
from django.utils import timezone

from accounts.models import Tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Suppression
from delivery.engine.incarnation import RESTORED
from delivery.inbound.mail import keep
from delivery.models import Provider, Scope, Site, SuppressionHold
from delivery.services import policy
from delivery.services.role_mail import mark_done
from tests.browser.story import HOSTILE

RULE = "x.1.1-no-such-mailbox"
REPLY = "550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking"
ABUSE = f"""From: =?utf-8?b?5bGx5LmL5YaF?= <yamanouchi@icloud.test>\r
To: abuse@news.relay.test\r
Subject: =?utf-8?b?6L+35oOR44Oh44O844Or44KS5q2i44KB44Gm44GP44Gg44GV44GE?=\r
Content-Type: text/plain; charset=utf-8\r
\r
何度も届きます。止めてください。\r
<script>document.title = "taken over"</script>\r
{HOSTILE}\r
""".encode()
_COPY = """
insert into delivery_incarnation as i (id, system, generation, restored_at)
values (1, '7447/16384', 1000042, now())
on conflict (id) do update set restored_at = excluded.restored_at
"""


def fill(tenant: Tenant, provider: Provider, *, empty: Tenant) -> int:
    """All of it; returns the number of a mail that waits to be read."""
    _bounces(tenant, provider)
    number, done = (
        keep(tenant_id=tenant.pk, token=None, mail_from=sender, raw=ABUSE, rcpt=rcpt)
        for sender, rcpt in (
            ("yamanouchi@icloud.test", "abuse@news.relay.test"),
            ("", "postmaster@relay.test"),
        )
    )
    mark_done(tenant_id=tenant.pk, number=done, by="operator@relay.test")
    with psycopg.connect(settings.DATABASE_DISPATCH_URL, autocommit=True) as dispatch:
        dispatch.execute(_COPY)
    # Really everything is suspended; here the others' pages show a product that sends.
    policy.suspend(
        scope=Scope(tenant_id=empty.pk), reason="the database is a restored copy", set_by="engine",
        rule=RESTORED, evidence="was 7446/16384 #41, is 7447/16384, this host knows #42",
    )  # fmt: skip
    return number


def _bounces(tenant: Tenant, provider: Provider) -> None:
    now = timezone.now()
    site = Site.objects.filter(provider=provider).order_by("pk")[0]
    with tenant_scope(tenant.pk):
        for name in ("kaede.mori", "a.very.long.name.of.somebody.who.moved.house", "sora.kita"):
            Suppression.objects.create(
                tenant_id=tenant.pk, email_key=f"{name}@gmail.test", scope=Suppression.Scope.ALL,
                reason=Suppression.Reason.BOUNCED, detail=f"{RULE}: {REPLY} {HOSTILE}", rule=RULE,
                site_id=site.pk, provisional_until=now + timedelta(hours=23),
            )  # fmt: skip
        Suppression.objects.create(
            tenant_id=tenant.pk, email_key="umi.hara@docomo.test", scope=Suppression.Scope.MARKETING,
            reason=Suppression.Reason.COMPLAINED,
        )  # fmt: skip
    SuppressionHold.objects.create(
        provider_id=provider.pk, rule=RULE, evidence=REPLY, share=0.43, base_share=0.004, tenants=5,
        since=now - timedelta(minutes=12), until=now + timedelta(minutes=48),
    )  # fmt: skip
