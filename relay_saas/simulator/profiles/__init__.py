"""Scenarios: what each mailbox provider is like, as TOML files beside this module."""
