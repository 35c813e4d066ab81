"""Authoritative DNS for .test, updatable by RFC 2136."""
