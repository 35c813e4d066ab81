"""DMARC aggregate reports (RFC 7489 §7.2, RFC 9990): opened, read, and turned into advice. From strangers."""
