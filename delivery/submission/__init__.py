"""The SMTP server that customers' programs hand their mail to (RFC 6409)."""
