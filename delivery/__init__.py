"""How it gets there, and what the servers answered: the ledger, the queue, the engine."""
