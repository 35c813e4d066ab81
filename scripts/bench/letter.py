"""The job: one personalised letter of about 10 KB with ten fields and eight links, and who receives it."""

from typing import Final

FIELDS: Final = (
    "first_name", "last_name", "company", "city", "plan", "points", "renewal", "branch", "coupon", "advisor",
)  # fmt: skip
SUBJECT: Final = "{{ contact.first_name }}, your November offers from {{ contact.branch }}"
PREHEADER: Final = "Eight offers for {{ contact.company }}, valid until {{ contact.renewal }}"
_LINKS: Final = 8

_PARAGRAPH: Final = (
    "This month we have set aside stock for customers of the {branch} branch, and nothing in the list below "
    "is sold anywhere else before the first of December. Delivery is free from 50 € upwards; whatever "
    "does not please you goes back within 30 days at our expense."
)


def html() -> str:
    """The letter as a tenant writes it: plain HTML with styles, eight offers, a footer with its duties."""
    offers = "\n".join(_offer(number) for number in range(1, _LINKS + 1))
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>November offers</title></head>
<body style="margin:0;padding:0;background:#f4f4f6;font-family:Helvetica,Arial,sans-serif;color:#22242a">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center">
<table role="presentation" width="600" cellpadding="0" cellspacing="0" style="background:#ffffff">
<tr><td style="padding:24px 32px;font-size:22px;font-weight:bold">
November at {{{{ contact.branch }}}}</td></tr>
<tr><td style="padding:0 32px 16px;font-size:15px;line-height:1.5">
Dear {{{{ contact.first_name }}}} {{{{ contact.last_name }}}},<br><br>
{_PARAGRAPH.format(branch="{{ contact.branch }}")} You have {{{{ contact.points }}}} points on your
{{{{ contact.plan }}}} plan, and {{{{ contact.advisor }}}} looks after {{{{ contact.company }}}} in
{{{{ contact.city }}}}. Your code is <b>{{{{ contact.coupon }}}}</b>.</td></tr>
{offers}
<tr><td style="padding:24px 32px;font-size:12px;line-height:1.5;color:#6b6f7b">
{{{{ sender.legal_name }}}}, {{{{ sender.postal_address }}}}, {{{{ sender.contact_address }}}}.<br>
You receive this letter because {{{{ contact.company }}}} renews on {{{{ contact.renewal }}}}.
<a href="{{{{ unsubscribe_url }}}}" style="color:#6b6f7b">Unsubscribe</a></td></tr>
</table></td></tr></table></body></html>
"""


def _offer(number: int) -> str:
    return f"""<tr><td style="padding:16px 32px;border-top:1px solid #e3e4e8;font-size:15px;line-height:1.5">
<span style="font-size:17px;font-weight:bold;color:#123a6b">Offer {number} of {_LINKS}</span><br>
A set that our buyers in {{{{ contact.city }}}} chose by hand; {number * 3} pieces, regular price
{number * 19} €, for you at {number * 14} € with code {{{{ contact.coupon }}}}.<br>
<a href="https://shop.bench.test/november/offer-{number}?from=letter"
style="display:inline-block;padding:10px 18px;background:#123a6b;color:#ffffff;text-decoration:none">
See offer {number}</a></td></tr>"""


def text() -> str:
    """The same as plain text."""
    offers = "\n\n".join(
        f"Offer {number} of {_LINKS}: {number * 3} pieces for {number * 14} € instead of {number * 19} €\n"
        f"https://shop.bench.test/november/offer-{number}?from=letter"
        for number in range(1, _LINKS + 1)
    )
    return f"""Dear {{{{ contact.first_name }}}} {{{{ contact.last_name }}}},

{_PARAGRAPH.format(branch="{{ contact.branch }}")}

You have {{{{ contact.points }}}} points on your {{{{ contact.plan }}}} plan, and {{{{ contact.advisor }}}}
looks after {{{{ contact.company }}}} in {{{{ contact.city }}}}. Your code is {{{{ contact.coupon }}}}.

{offers}

{{{{ sender.legal_name }}}}, {{{{ sender.postal_address }}}}, {{{{ sender.contact_address }}}}
You receive this letter because {{{{ contact.company }}}} renews on {{{{ contact.renewal }}}}.
Unsubscribe: {{{{ unsubscribe_url }}}}
"""


#: As the owner: a contact per number, spread evenly over the destinations; one that is there stays.
CONTACTS: Final = """
insert into campaigns_contact
  (tenant_id, email, email_key, domain, attrs, needs_smtputf8, created_at, updated_at)
select %(tenant)s, a.email, a.email, a.domain, jsonb_build_object(
    'first_name', (array['Aiko','Ben','Chloé','Dmitri','Eva','Farid','Grace','花子'])[1 + n %% 8],
    'last_name', (array['Sato','Miller','Dubois','Petrov','Meyer','Haddad','Okoro','山田'])[1 + n / 8 %% 8],
    'company', 'Company ' || n, 'city', (array['Osaka','Berlin','Lyon','Leeds','Porto'])[1 + n %% 5],
    'plan', (array['Basic','Plus','Family','Office'])[1 + n %% 4], 'points', n * 7 %% 9973,
    'renewal', to_char(date '2027-01-01' + n %% 365, 'YYYY-MM-DD'),
    'branch', (array['North','Harbour','Old Town','Station'])[1 + n %% 4],
    'coupon', upper(substr(md5(n::text), 1, 10)), 'advisor', (array['Ms Ito','Mr Weber'])[1 + n %% 2]),
  false, now(), now()
from (
  select n, d.domain, 'person' || n || '@' || d.domain as email
  from generate_series(1, %(count)s::int) n
  cross join lateral (select (%(domains)s::text[])[1 + n %% cardinality(%(domains)s::text[])] as domain) d
) a
on conflict do nothing
"""

SUBSCRIPTIONS: Final = """
insert into campaigns_subscription (tenant_id, mailing_list_id, contact_id, state, source, changed_at)
select %(tenant)s, %(list)s, id, 'subscribed', 'bench', now() from campaigns_contact
where tenant_id = %(tenant)s and email like 'person%%' and domain = any(%(domains)s)
  and substring(email from 'person(\\d+)@')::int <= %(count)s
on conflict do nothing
"""
