"""Why a report is not read."""

from typing import ClassVar

from relay_saas.mail.exceptions import MailError


class BadReport(MailError):
    """A mail that holds no report that could be read."""

    reasons: ClassVar = {
        "no_report": "the mail holds no report",
        "broken_archive": "the archive cannot be opened",
        "encrypted": "the archive is encrypted",
        "several_members": "the archive holds more than one file",
        "nested": "the archive holds an archive",
        "too_large": "the report is too large",
        "too_dense": "the archive holds far more than its size",
        "bad_xml": "the XML cannot be read",
        "forbidden_xml": "the XML holds a DTD or an entity",
        "too_many": "the XML holds too many elements or attributes",
        "too_deep": "the XML is nested too deeply",
        "no_domain": "the report names no domain",
        "no_id": "the report has no id or no sender",
        "bad_range": "the report's period makes no sense",
    }
