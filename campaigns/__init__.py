"""What to say, and to whom: contacts, lists, content, campaigns."""
