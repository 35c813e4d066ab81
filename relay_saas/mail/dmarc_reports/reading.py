"""Reads the XML of a report, in the dialects of the large receivers, record by record."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from relay_saas.mail.dmarc_reports.container import looks_like_report, open_report
from relay_saas.mail.dmarc_reports.errors import BadReport
from relay_saas.mail.dmarc_reports.report import AuthResult, Report, Row
from relay_saas.mail.mime_reader import read_parts

MOST_DEPTH: Final = 12
MOST_RECORDS: Final = 10_000
#: Tags, and what could be attributes, which reports hardly have: each costs far more memory than octets.
MOST_TAGS: Final = 600_000
MOST_EQUALS: Final = 20_000
#: Elements of one record.
MOST_ELEMENTS: Final = 2_000
MOST_RESULTS: Final = 20
MOST_COUNT: Final = 1_000_000_000
LONGEST_PERIOD: Final = timedelta(days=32)
_TEXT: Final = 255
_SECTIONS: Final = frozenset({"report_metadata", "policy_published", "record"})
_DISPOSITIONS: Final = frozenset({"none", "quarantine", "reject"})
_EARLIEST, _LATEST = 1_262_304_000, 4_102_444_800  # 2010, 2100


def read_mail(raw: bytes) -> Report:
    """The report in a mail: its first part that is one. Raises BadReport."""
    for part in read_parts(raw):
        data = part.octets().strip(b"\r\n") if part.kind.startswith("text/") else part.octets()
        if looks_like_report(data):
            return read_report(open_report(data))
    raise BadReport("no_report")


def read_report(xml: bytes) -> Report:
    """The report. Raises BadReport."""
    try:
        return _read(xml)
    except DefusedXmlException as error:
        raise BadReport("forbidden_xml") from error
    except BadReport:
        raise
    except (ParseError, LookupError, ValueError) as error:
        raise BadReport("bad_xml") from error


def _read(xml: bytes) -> Report:
    metadata: Element | None = None
    policy: Element | None = None
    rows: list[Row] = []
    left_out = 0
    for section in _sections(xml):
        match _name(section):
            case "report_metadata":
                metadata = metadata if metadata is not None else section
            case "policy_published":
                policy = policy if policy is not None else section
            case _:
                row = _row(section) if len(rows) < MOST_RECORDS else None
                rows += [row] if row is not None else []
                left_out += row is None
    if metadata is None or policy is None:
        raise BadReport("no_id" if metadata is None else "no_domain")
    return _report(metadata, policy, rows, left_out)


def _sections(xml: bytes) -> Iterator[Element]:
    """The parts of the report, each whole; nothing that was read stays in memory. Raises BadReport."""
    if xml.count(b"<") > MOST_TAGS or xml.count(b"=") > MOST_EQUALS:
        raise BadReport("too_many")
    depth = elements = 0
    root: Element | None = None
    for event, element in iterparse(io.BytesIO(xml), events=("start", "end"), forbid_dtd=True):
        if event == "start":
            root = element if root is None else root
            depth, elements = depth + 1, elements + 1
            if depth > MOST_DEPTH or elements > MOST_ELEMENTS:
                raise BadReport("too_deep" if depth > MOST_DEPTH else "too_many")
            continue
        depth -= 1
        if depth == 1 and root is not None:
            if _name(element) in _SECTIONS:
                yield element
            root.clear()
            elements = 0


def _report(metadata: Element, policy: Element, rows: list[Row], left_out: int) -> Report:
    domain = _host(_text(policy, "domain"))
    if not domain:
        raise BadReport("no_domain")
    org_name, report_id = _text(metadata, "org_name"), _text(metadata, "report_id")
    if not org_name or not report_id:
        raise BadReport("no_id")
    begin, end = (
        _instant(_text(metadata, "date_range", "begin")),
        _instant(_text(metadata, "date_range", "end")),
    )
    if begin is None or end is None or not begin <= end <= begin + LONGEST_PERIOD:
        raise BadReport("bad_range")
    return Report(
        org_name=org_name,
        email=_text(metadata, "email"),
        report_id=report_id,
        begin=begin,
        end=end,
        domain=domain,
        p=_text(policy, "p").lower(),
        sp=_text(policy, "sp").lower(),
        adkim=_text(policy, "adkim").lower(),
        aspf=_text(policy, "aspf").lower(),
        rows=tuple(rows),
        left_out=left_out,
    )


def _row(record: Element) -> Row | None:
    try:
        source = str(ip_address(_text(record, "row", "source_ip")))
    except ValueError:
        return None
    count = _text(record, "row", "count")
    if not count.isascii() or not count.isdecimal() or not 0 < int(count[:12]) <= MOST_COUNT:
        return None
    evaluated = _child(_child(record, "row"), "policy_evaluated")
    disposition = _text(evaluated, "disposition").lower()
    identifiers = _child(record, "identifiers")
    results = _child(record, "auth_results")
    dkim_results = _results(results, "dkim")
    return Row(
        source=source,
        count=int(count),
        # RFC 9990 calls it "pass" where nothing was asked for.
        disposition=disposition if disposition in _DISPOSITIONS else "none",
        dkim=_text(evaluated, "dkim").lower() == "pass",
        spf=_text(evaluated, "spf").lower() == "pass",
        header_from=_host(_text(identifiers, "header_from")),
        overrides=tuple(_text(one, "type") for one in _children(evaluated, "reason")[:MOST_RESULTS]),
        dkim_results=without_unread(dkim_results),
        spf_results=_results(results, "spf"),
    )


def without_unread(results: tuple[AuthResult, ...]) -> tuple[AuthResult, ...]:
    """DKIM's results without those that only say that a receiver cannot read an algorithm.

    Some verify no Ed25519 and call such a signature an error, beside the RSA signature of the same domain
    that passed (RFC 8463 §3: it is to be ignored).
    """
    passed = {one.domain for one in results if one.result == "pass"}
    return tuple(one for one in results if one.result == "pass" or one.domain not in passed)


def _results(parent: Element | None, kind: str) -> tuple[AuthResult, ...]:
    return tuple(
        AuthResult(
            domain=_host(_text(one, "domain")),
            result=_text(one, "result").lower(),
            selector=_text(one, "selector"),
        )
        for one in _children(parent, kind)[:MOST_RESULTS]
    )


def _name(element: Element) -> str:
    """Without the namespace, which RFC 9990 has and nearly nobody writes."""
    return str(element.tag).rpartition("}")[2].lower()


def _children(parent: Element | None, name: str) -> list[Element]:
    return [] if parent is None else [one for one in parent if _name(one) == name]


def _child(parent: Element | None, name: str) -> Element | None:
    return next(iter(_children(parent, name)), None)


def _text(parent: Element | None, *path: str) -> str:
    for name in path:
        parent = _child(parent, name)
    text = "" if parent is None else parent.text or ""
    return "".join(letter for letter in " ".join(text.split())[:_TEXT] if letter.isprintable())


def _host(text: str) -> str:
    return text.rstrip(".").lower()


def _instant(text: str) -> datetime | None:
    seconds = text.partition(".")[0]
    if not seconds.isascii() or not seconds.isdecimal() or len(seconds) > 10:
        return None
    return datetime.fromtimestamp(int(seconds), UTC) if _EARLIEST <= int(seconds) <= _LATEST else None
