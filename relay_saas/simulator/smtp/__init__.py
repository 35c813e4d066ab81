"""Mailbox providers as strict SMTP servers that log what they took."""
