"""Mail that comes back: bounces to return paths, and unsubscribe requests (RFC 5321, RFC 3464, RFC 2369)."""
