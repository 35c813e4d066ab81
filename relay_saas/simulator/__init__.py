"""The Internet in a box: DNS, mailbox providers, recipients, judge and mailbox pages for `.test`."""
