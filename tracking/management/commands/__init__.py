"""Commands of tracking."""
