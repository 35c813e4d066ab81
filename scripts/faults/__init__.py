"""The fault plan: what is done to the running product, and what it must still promise."""
