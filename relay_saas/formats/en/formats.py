"""English dates: the month as a word, since 4/5 is two days, and 24 hours, since a.m. is overlooked."""

SHORT_DATE_FORMAT = "j M Y"
SHORT_DATETIME_FORMAT = "j M Y, H:i"
MONTH_DAY_FORMAT = "j M"
