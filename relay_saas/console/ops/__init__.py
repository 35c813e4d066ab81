"""The operators' side: what all tenants' mail does, and the brakes."""
