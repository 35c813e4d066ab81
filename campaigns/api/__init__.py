"""The REST API for contacts, lists, templates and campaigns."""
