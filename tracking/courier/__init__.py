"""Calls webhooks: an asyncio run in Celery, many endpoints at once (docs/adr/0021-webhooks.md)."""
