"""`python -m scripts.product_run.cast`: makes an organization and its verified domain; says JSON."""

import json
import sys
from dataclasses import asdict

import django

django.setup()

from relay_saas.console.demo.cast import MARKETER, gather, verified_domain  # noqa: E402 - needs Django set up


def main() -> None:
    """Runs in the product's environment."""
    cast = gather()
    domain = verified_domain(cast.tenant_id)
    told = asdict(cast) | {"marketer": MARKETER, "domain": domain.name, "verified": domain.state}
    json.dump(told, sys.stdout, default=str)


if __name__ == "__main__":
    main()
