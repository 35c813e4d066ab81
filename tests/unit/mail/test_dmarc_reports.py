"""Aggregate reports: the dialects of the large receivers, everything hostile, and what is advised."""

import zlib
from typing import Any

import pytest

from relay_saas.mail.dmarc_reports.advice import Figures, Standing, Verdict, advise
from relay_saas.mail.dmarc_reports.container import MOST_XML, open_report
from relay_saas.mail.dmarc_reports.errors import BadReport
from relay_saas.mail.dmarc_reports.reading import MOST_DEPTH, MOST_RECORDS, read_mail, read_report
from relay_saas.mail.dmarc_reports.sources import FORWARDED, Origin, merged, service_of, source_of
from tests.unit.mail.dmarc_examples import MICROSOFT, NEW, YAHOO, gzipped, mail, record, xml, zipped

PASSED = "<{0}><domain>{1}</domain><selector>{2}</selector><result>pass</result></{0}>"

OUR_KEY = PASSED.format("dkim", "news.acme.test", "r2")
SENDGRID = PASSED.format("spf", "em1.sendgrid.net", "")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (gzipped(xml()), "application/gzip"),
        (gzipped(xml()) + b"\0\0", "application/octet-stream"),
        (zipped(("google.com!acme!1!2.xml", xml())), "application/zip"),
        (zipped(("a/", b""), ("a/r.xml", xml())), "application/x-zip-compressed"),
        (xml(), "text/xml"),
        (b"\xef\xbb\xbf" + xml(), "application/xml"),
    ],
)
def test_a_report_is_found_in_whatever_it_travels(data: bytes, kind: str) -> None:
    found = read_mail(mail(data, kind=kind))
    assert (found.org_name, found.domain, found.messages) == ("google.com", "news.acme.test", 10)
    assert found.rows[0].aligned


def test_microsofts_permerror_for_ed25519_is_nothing() -> None:
    found = read_report(MICROSOFT.encode())
    row = found.rows[0]
    assert (found.org_name, found.p, row.count, row.aligned) == ("Enterprise Outlook", "quarantine", 7, True)
    assert [(one.selector, one.result) for one in row.dkim_results] == [("r1", "pass")]


def test_yahoos_report_with_its_override() -> None:
    row = read_mail(mail(YAHOO.encode(), kind="text/xml")).rows[0]
    assert (row.source, row.aligned, row.overrides) == ("2001:db8::25", False, ("mailing_list",))
    assert row.header_from == "news.acme.test"


def test_the_new_standards_namespace_and_words() -> None:
    found = read_report(NEW.encode())
    row = found.rows[0]
    assert (found.p, found.sp, row.disposition, row.dkim) == (
        "quarantine",
        "none",
        "none",
        True,
    )


def test_utf_16_is_read_like_anything_else() -> None:
    text = xml().decode().replace("UTF-8", "UTF-16")
    assert read_report(text.encode("utf-16")).messages == 10


def _bomb() -> bytes:
    return gzipped(b"<feedback>" + b"a" * (MOST_XML + 10))


def _quine() -> bytes:
    return gzipped(gzipped(xml()))


def _claims_little() -> bytes:
    # The directory says ten octets; what is inside is far more.
    data = bytearray(zipped(("r.xml", b"<feedback>" + b" " * (MOST_XML + 10))))
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    return bytes(data)


def _encrypted() -> bytes:
    data = bytearray(zipped(("r.xml", xml())))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


HOSTILE: dict[str, tuple[bytes, str]] = {
    "a gzip bomb": (_bomb(), "too_large"),
    "a zip bomb": (zipped(("r.xml", b" " * (MOST_XML + 10))), "too_large"),
    "a zip that claims little": (_claims_little(), "broken_archive"),
    "more than its size explains": (gzipped(b"<feedback>" + b"a" * 2_000_000), "too_dense"),
    "an archive in an archive": (_quine(), "nested"),
    "a zip in a zip": (zipped(("r.zip", zipped(("r.xml", xml())))), "nested"),
    "two files": (zipped(("a.xml", xml()), ("b.xml", xml())), "several_members"),
    "many files": (zipped(*((f"{n}.xml", xml()) for n in range(50))), "several_members"),
    "an empty archive": (zipped(), "broken_archive"),
    "two gzip members": (gzipped(xml()) + gzipped(xml()), "several_members"),
    "half a gzip": (gzipped(xml())[:100], "broken_archive"),
    "half a zip": (zipped(("r.xml", xml()))[:200], "broken_archive"),
    "an encrypted zip": (_encrypted(), "encrypted"),
    "gzip in name only": (b"\x1f\x8b" + b"x" * 100, "broken_archive"),
    "a DTD": (b'<?xml version="1.0"?><!DOCTYPE f SYSTEM "http://127.0.0.1/x"><feedback/>', "forbidden_xml"),
    "an entity": (
        b'<?xml version="1.0"?><!DOCTYPE f [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><feedback>&b;</feedback>',
        "forbidden_xml",
    ),
    "an outer entity": (
        b'<?xml version="1.0"?><!DOCTYPE f [<!ENTITY x SYSTEM "file:///etc/hosts">]><feedback>&x;</feedback>',
        "forbidden_xml",
    ),
    "deep nesting": (b"<feedback>" + b"<a>" * (MOST_DEPTH + 1), "too_deep"),
    "very deep nesting": (b"<feedback>" + b"<a>" * 200_000, "too_deep"),
    "a record of many elements": (b"<feedback><record>" + b"<a/>" * 100_000, "too_many"),
    "many tags": (b"<feedback>" + b"<a/>" * 700_000, "too_many"),
    "many attributes": (b"<feedback " + b"".join(b"a%d='' " % n for n in range(30_000)) + b"/>", "too_many"),
    "an unknown encoding": (b'<?xml version="1.0" encoding="klingon"?><feedback/>', "bad_xml"),
    "not XML": (b"<feedback><record>", "bad_xml"),
    "HTML": (b"<?xml?><html>", "bad_xml"),
    "NUL": (b"<feedback>\0</feedback>", "bad_xml"),
    "nothing of a report": (b"<feedback/>", "no_id"),
    "no domain": (xml(domain=""), "no_domain"),
    "no id": (xml(report_id=""), "no_id"),
    "time backwards": (xml(begin=1764633599, end=1764547200), "bad_range"),
    "a period of years": (xml(begin=1400000000), "bad_range"),
    "time that is no number": (xml(begin="yesterday"), "bad_range"),
    "time beyond time": (xml(end="99999999999999999999"), "bad_range"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_hostile_or_broken_has_a_code_and_costs_little(name: str) -> None:
    data, code = HOSTILE[name]
    with pytest.raises(BadReport) as caught:
        read_report(open_report(data))
    assert caught.value.code == code


def test_a_mail_without_a_report_says_so() -> None:
    with pytest.raises(BadReport) as caught:
        read_mail(b"From: a@b.test\r\nSubject: hello\r\n\r\nThis is a person.\r\n")
    assert caught.value.code == "no_report"


@pytest.mark.parametrize(
    "wrong",
    [
        record("not an address"),
        record(count="-1"),
        record(count="0"),
        record(count="1e9"),
        record(count="9" * 40),
        record(source="127.0.0.1; drop table"),
        "<record/>",
    ],
)
def test_a_record_that_makes_no_sense_is_left_out_and_counted(wrong: str) -> None:
    found = read_report(xml(record(), wrong))
    assert (len(found.rows), found.left_out) == (1, 1)


def test_more_records_than_are_kept_are_counted() -> None:
    short = "<record><row><source_ip>192.0.2.1</source_ip><count>1</count></row></record>"
    found = read_report(xml(*[short] * (MOST_RECORDS + 3)))
    assert (len(found.rows), found.left_out) == (MOST_RECORDS, 3)


def test_texts_are_cut_and_hold_no_control_characters() -> None:
    found = read_report(xml(report_id="a" * 5000 + "&#x9;b&#x202e;"))
    assert len(found.report_id) <= 255
    assert found.report_id.isprintable()


def test_markup_in_a_report_stays_text() -> None:
    assert (
        read_report(xml(org="&lt;script&gt;alert(1)&lt;/script&gt;")).org_name == "<script>alert(1)</script>"
    )


@pytest.mark.parametrize(
    ("row", "origin", "name"),
    [
        (record("127.30.0.1", dkim="fail", spf="fail"), Origin.OURS, ""),
        (record("192.0.2.1", spf="fail", results=OUR_KEY), Origin.KNOWN, FORWARDED),
        (record("192.0.2.1", dkim="pass", spf="fail"), Origin.KNOWN, ""),
        (
            record("192.0.2.1", dkim="fail", spf="fail", results=SENDGRID),
            Origin.KNOWN,
            "SendGrid",
        ),
        (
            record("192.0.2.1", dkim="fail", spf="fail", results=PASSED.format("spf", "evil.example", "")),
            Origin.UNKNOWN,
            "",
        ),
        (record("192.0.2.1", dkim="fail", spf="fail"), Origin.UNKNOWN, ""),
    ],
)
def test_a_source_is_ours_known_or_unknown(row: str, origin: Origin, name: str) -> None:
    found = source_of(
        read_report(xml(row)).rows[0], domain="news.acme.test", ours={"127.30.0.1"}, selectors={"r1", "r2"}
    )
    assert (found.origin, found.name) == (origin, name)


def test_no_service_hides_behind_the_end_of_a_name() -> None:
    assert service_of("notsendgrid.net") == ""
    assert service_of("u1.wl.sendgrid.net") == "SendGrid"


def test_rows_of_one_source_and_end_are_one() -> None:
    rows = read_report(xml(record(count=3), record(count=4), record(count=5, spf="fail"))).rows
    assert [row.count for row in merged(rows)] == [7, 5]


def _standing(**changes: Any) -> Standing:
    figures = {
        Origin.OURS: Figures(messages=1000, aligned=changes.pop("ours", 1000)),
        Origin.KNOWN: Figures(messages=100, aligned=changes.pop("known", 100)),
        Origin.UNKNOWN: Figures(messages=50),
    }
    return Standing(**{"policy": "none", "days": 20, "reporters": 3, "figures": figures} | changes)


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, Verdict.TO_QUARANTINE),
        ({"policy": ""}, Verdict.TO_QUARANTINE),
        ({"policy": "quarantine"}, Verdict.TO_REJECT),
        ({"policy": "quarantine", "days": 10}, Verdict.WAIT),
        ({"policy": "reject"}, Verdict.KEEP),
        ({"days": 6}, Verdict.TOO_EARLY),
        ({"reporters": 1}, Verdict.TOO_EARLY),
        ({"ours": 980}, Verdict.FIX_OURS),
        ({"known": 90}, Verdict.FIX_KNOWN),
        ({"policy": "reject", "ours": 500}, Verdict.FIX_OURS),
        ({"figures": {Origin.OURS: Figures(messages=50, aligned=50)}}, Verdict.TOO_EARLY),
        ({"figures": {}}, Verdict.NO_DATA),
    ],
)
def test_the_advice_has_the_first_reason_not_to_go_on(changes: dict[str, Any], verdict: Verdict) -> None:
    found = advise(_standing(**changes))
    assert found.verdict == verdict
    assert found.safe == (verdict in {Verdict.TO_QUARANTINE, Verdict.TO_REJECT})


def test_zlib_is_the_one_that_bounds_itself() -> None:
    """The bound rests on `max_length`, which leaves the rest unread."""
    stream = zlib.decompressobj(wbits=31)
    assert len(stream.decompress(_bomb(), 100)) == 100
