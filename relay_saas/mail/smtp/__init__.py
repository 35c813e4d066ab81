"""The SMTP client: one session per connection, one recipient per transaction (RFC 5321, RFC 2920)."""
