"""People and scanners who react to the mail they got."""
