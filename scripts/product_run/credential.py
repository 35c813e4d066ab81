"""`python -m scripts.product_run.credential`: an SMTP credential of the cast's organization; says JSON."""

import json
import sys

import django

django.setup()

from accounts.audit import SYSTEM  # noqa: E402 - needs Django set up
from accounts.services.smtp_credentials import create  # noqa: E402
from accounts.services.smtp_draft import CredentialDraft  # noqa: E402
from relay_saas.console.demo.cast import gather  # noqa: E402


def main() -> None:
    """Runs in the product's environment."""
    draft = CredentialDraft(name="faults")
    credential, password = create(tenant_id=gather().tenant_id, draft=draft, actor=SYSTEM)
    json.dump({"username": credential.username, "password": password}, sys.stdout)


if __name__ == "__main__":
    main()
