"""What people did, and what tenants are told of it."""
