"""What messages go through, in words: pages and the API say the same."""
