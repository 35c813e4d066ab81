"""`python -m scripts.product_run.webhook TENANT_ID URL`: a webhook for deliveries; its number as JSON."""

import json
import sys
from uuid import UUID

import django

django.setup()

from accounts.audit import SYSTEM  # noqa: E402 - models can be imported once Django is set up
from tracking.services.webhooks import WebhookDraft, create_webhook  # noqa: E402

if __name__ == "__main__":
    draft = WebhookDraft(url=sys.argv[2], types=["delivered"])
    made, _ = create_webhook(tenant_id=UUID(sys.argv[1]), draft=draft, actor=SYSTEM)
    sys.stdout.write(json.dumps({"id": made.pk}))
