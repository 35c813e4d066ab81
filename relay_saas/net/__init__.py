"""Our own doors to the network: the zone that we keep; later the guarded connector for webhooks."""
