"""The receivers' verdicts on DKIM, SPF and DMARC, by well-kept libraries."""
