"""The REST API for mail."""
