"""The API's doors."""
