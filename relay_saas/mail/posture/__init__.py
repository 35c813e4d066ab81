"""What DNS says of a domain's mail, judged by the RFCs. Nothing here asks by itself: answers come in by
`Asks`."""
