"""How dates are written in each language, where Django's own way could be misread (FORMAT_MODULE_PATH)."""
