"""Waiting for a condition instead of for a time."""

from scripts.product_run.waiting import until

__all__ = ["until"]
