"""`python -m scripts.bench`: what the sending engine does a second, beside Postfix with OpenDKIM."""
