"""Our own doors to the network: the zone that we keep, and the guarded connector for tenants' servers."""
