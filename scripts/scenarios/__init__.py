"""Scenarios: the product against providers with manners of their own, each with a table and a verdict."""
