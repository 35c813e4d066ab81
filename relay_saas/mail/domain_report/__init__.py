"""How safe any domain's mail is, by what DNS shows of it: findings by area, a score, records ready to set."""
