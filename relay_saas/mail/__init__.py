"""How mail works: the pure core, which knows no Django, no database and no clock."""
