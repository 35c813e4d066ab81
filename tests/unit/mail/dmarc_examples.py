"""Aggregate reports as receivers write them, and the mails that bring them."""

import base64
import gzip
import io
import zipfile

_GOOGLE = """<?xml version="1.0" encoding="UTF-8" ?>
<feedback>
  <report_metadata>
    <org_name>google.com</org_name><email>noreply-dmarc-support@google.com</email>
    <extra_contact_info>https://support.google.com/a/answer/2466580</extra_contact_info>
    <report_id>{report_id}</report_id>
    <date_range><begin>{begin}</begin><end>{end}</end></date_range>
  </report_metadata>
  <policy_published><domain>{domain}</domain><adkim>r</adkim><aspf>r</aspf><p>none</p><sp>none</sp><pct>100</pct>
  </policy_published>
  {records}
</feedback>
"""
_RECORD = """<record>
    <row><source_ip>{source}</source_ip><count>{count}</count>
      <policy_evaluated><disposition>{disposition}</disposition><dkim>{dkim}</dkim><spf>{spf}</spf></policy_evaluated>
    </row>
    <identifiers><header_from>{domain}</header_from></identifiers>
    <auth_results>{results}</auth_results>
  </record>"""

#: Microsoft: namespaces on the root, envelope names, a permerror for the second signature.
MICROSOFT = """<?xml version="1.0"?>
<feedback xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <version>1.0</version>
  <report_metadata>
    <org_name>Enterprise Outlook</org_name><email>dmarcreport@microsoft.com</email>
    <report_id>1a2b3c4d5e6f</report_id><date_range><begin>1764547200</begin><end>1764633600</end></date_range>
  </report_metadata>
  <policy_published>
    <domain>news.acme.test</domain><adkim>r</adkim><aspf>r</aspf><p>quarantine</p><sp>quarantine</sp><pct>100</pct><fo>0</fo>
  </policy_published>
  <record>
    <row><source_ip>127.30.0.1</source_ip><count>7</count>
      <policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>pass</spf></policy_evaluated></row>
    <identifiers><envelope_to>contoso.test</envelope_to><envelope_from>rp.news.acme.test</envelope_from>
      <header_from>news.acme.test</header_from></identifiers>
    <auth_results>
      <dkim><domain>news.acme.test</domain><selector>r1</selector><result>pass</result></dkim>
      <dkim><domain>news.acme.test</domain><selector>e1</selector><result>permerror</result></dkim>
      <spf><domain>rp.news.acme.test</domain><scope>mfrom</scope><result>pass</result></spf>
    </auth_results>
  </record>
</feedback>
"""
#: Yahoo: text where others have tags in another order, a reason, and a space before the declaration.
YAHOO = """
<?xml version="1.0"?>
<feedback>
  <report_metadata><org_name>Yahoo</org_name><email>dmarchelp@yahooinc.com</email>
    <report_id>1764636661.905243</report_id>
    <date_range><begin>1764547200</begin><end>1764633599</end></date_range></report_metadata>
  <policy_published><domain>news.acme.test</domain><adkim>r</adkim><aspf>r</aspf><p>none</p>
    <pct>100</pct></policy_published>
  <record><row><source_ip>2001:db8::25</source_ip><count>1</count>
    <policy_evaluated><disposition>none</disposition><dkim>fail</dkim><spf>fail</spf>
      <reason><type>mailing_list</type><comment>list</comment></reason></policy_evaluated></row>
    <identifiers><header_from>News.Acme.Test.</header_from></identifiers>
    <auth_results><dkim><domain>list.example</domain><result>pass</result></dkim>
      <spf><domain>list.example</domain><result>pass</result></spf></auth_results></record>
</feedback>
"""
#: RFC 9990 with its namespace.
NEW = """<?xml version="1.0" encoding="UTF-8"?>
<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">
  <version>1.0</version>
  <report_metadata><org_name>Sample Reporter</org_name><email>report_sender@example.com</email>
    <report_id>3v98abbp8ya9n3va8yr8oa3ya</report_id>
    <date_range><begin>1764547200</begin><end>1764633599</end></date_range></report_metadata>
  <policy_published><domain>news.acme.test</domain><p>quarantine</p><sp>none</sp><np>none</np><testing>n</testing>
    <discovery_method>treewalk</discovery_method></policy_published>
  <record><row><source_ip>192.0.2.123</source_ip><count>123</count>
    <policy_evaluated><disposition>pass</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>
    <identifiers><envelope_from>example.com</envelope_from><header_from>news.acme.test</header_from></identifiers>
    <auth_results><dkim><domain>news.acme.test</domain><result>pass</result><selector>abc123</selector></dkim>
      <spf><domain>example.com</domain><result>fail</result></spf></auth_results></record>
</feedback>
"""


def record(
    source: str = "127.30.0.1",
    count: int | str = 10,
    *,
    dkim: str = "pass",
    spf: str = "pass",
    disposition: str = "none",
    domain: str = "news.acme.test",
    results: str = "",
) -> str:
    """One record of a report."""
    return _RECORD.format(
        source=source,
        count=count,
        dkim=dkim,
        spf=spf,
        disposition=disposition,
        domain=domain,
        results=results,
    )


def xml(
    *records: str,
    report_id: str = "12345678901234567890",
    begin: int | str = 1764547200,
    end: int | str = 1764633599,
    domain: str = "news.acme.test",
    org: str = "google.com",
) -> bytes:
    """A report in Google's dialect."""
    text = _GOOGLE.format(
        report_id=report_id, begin=begin, end=end, domain=domain, records="\n".join(records or (record(),))
    )
    return text.replace("<org_name>google.com", f"<org_name>{org}").encode()


def zipped(*members: tuple[str, bytes]) -> bytes:
    """A zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def mail(data: bytes, *, kind: str = "application/gzip", name: str = "google.com!acme!1!2.xml.gz") -> bytes:
    """The mail that brings a report."""
    lines = base64.encodebytes(data).replace(b"\n", b"\r\n")
    return (
        b"From: noreply-dmarc-support@google.com\r\nTo: dmarc@relay.test\r\n"
        b"Subject: Report domain: news.acme.test Submitter: google.com Report-ID: 1\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nA report.\r\n"
        b"--b\r\nContent-Type: " + kind.encode() + b'; name="' + name.encode() + b'"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n" + lines + b"\r\n--b--\r\n"
    )


def gzipped(data: bytes) -> bytes:
    """A gzip file."""
    return gzip.compress(data, mtime=0)
