"""The edge: pixel, clicks and unsubscribe pages on the tracking hosts, a small ASGI program beside Django."""
