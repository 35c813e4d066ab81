"""The independent judge: reads the frozen audience, the receivers' logs and the ledger, and imports
nothing of the product."""
