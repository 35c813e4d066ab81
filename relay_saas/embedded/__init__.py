"""PostgreSQL and Valkey for a machine that has neither, and the whole product on top, by one command."""
