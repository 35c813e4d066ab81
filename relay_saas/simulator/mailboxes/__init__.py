"""The web page that shows what the mailboxes hold."""
