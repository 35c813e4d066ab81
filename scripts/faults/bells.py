"""`python -m scripts.faults.bells TENANT CAMPAIGN`: sends every task of delivery three times, until ended."""

import random
import sys
import time

from relay_saas.celery import app

NAMES = (
    "run_queue",
    "start_queue_runs",
    "take_back",
    "launch_planned",
    "sweep_launches",
    "finish_campaigns",
)


def main(tenant: str, campaign: int) -> None:
    """In the product's environment."""
    while True:
        calls = [(name, ()) for name in NAMES] * 3 + [("expand_campaign", (tenant, campaign))] * 3
        random.shuffle(calls)
        for name, arguments in calls:
            app.send_task(f"delivery.tasks.{name}", args=arguments, expires=20)
        time.sleep(0.7)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
