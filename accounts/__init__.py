"""Who may send, as whom: tenants, people, keys, sending domains, audit."""
