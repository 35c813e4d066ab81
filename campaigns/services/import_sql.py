"""The SQL of imports: a staging table of the session, and statements from it into the tenant's tables.

COPY is not allowed under row-level security; a temporary one is under none: only its session sees it.
"""

from typing import Final

CREATE_STAGING: Final = """
create temp table if not exists import_staging (
  line bigint not null, reason text not null, detail text not null, email text not null, email_key text,
  domain text not null, needs_smtputf8 boolean not null, full_width boolean not null, attrs jsonb not null,
  cells text[] not null
);
truncate import_staging
"""

COPY_STAGING: Final = """
copy import_staging
  (line, reason, detail, email, email_key, domain, needs_smtputf8, full_width, attrs, cells) from stdin
"""

DROP_STAGING: Final = "drop table if exists import_staging"

#: The first row of an address decides, even where it is refused itself: what follows changes nothing.
MARK_DUPLICATES: Final = """
update import_staging s set reason = 'duplicate_in_file', detail = f.first_line::text
from (
  select line, min(line) over (partition by email_key) as first_line
  from import_staging where email_key is not null
) f
where f.line = s.line and f.first_line < s.line
"""

#: Fields that the file has a column for take its value, an empty one too; all other fields stay.
WRITE_CONTACTS: Final = """
with written as (
  insert into campaigns_contact as c
    (tenant_id, email, email_key, domain, attrs, needs_smtputf8, created_at, updated_at)
  select %(tenant)s, email, email_key, domain, attrs, needs_smtputf8, %(at)s, %(at)s
  from import_staging where reason = '' order by email_key
  on conflict (tenant_id, email_key) do update set
    email = excluded.email, attrs = (c.attrs - %(keys)s::text[]) || excluded.attrs, updated_at = %(at)s
  where c.email <> excluded.email or c.attrs <> (c.attrs - %(keys)s::text[]) || excluded.attrs
  returning (old.id is null) as is_new
)
select count(*) filter (where is_new), count(*) filter (where not is_new) from written
"""

#: Who has left the list stays away: consent is not given by a file.
WRITE_SUBSCRIPTIONS: Final = """
with written as (
  insert into campaigns_subscription (tenant_id, mailing_list_id, contact_id, state, source, changed_at)
  select %(tenant)s, %(list)s, c.id, 'subscribed', %(source)s, now()
  from import_staging s join campaigns_contact c on c.tenant_id = %(tenant)s and c.email_key = s.email_key
  where s.reason = '' order by c.id
  on conflict (tenant_id, mailing_list_id, contact_id) do nothing
  returning 1
)
select count(*) from written
"""

#: New contacts, changed ones, and who would join the list: what the two statements above would write.
FORESEE: Final = """
select count(*) filter (where c.id is null),
  count(*) filter (where c.email <> s.email or c.attrs <> (c.attrs - %(keys)s::text[]) || s.attrs),
  count(*) filter (where u.id is null)
from import_staging s
left join campaigns_contact c on c.tenant_id = %(tenant)s and c.email_key = s.email_key
left join campaigns_subscription u
  on u.tenant_id = %(tenant)s and u.mailing_list_id = %(list)s and u.contact_id = c.id
where s.reason = ''
"""

FIRST_PROBLEMS: Final = """
select line, reason, detail, cells from import_staging where reason <> '' order by line limit %s
"""

COUNT: Final = """
select count(*), count(*) filter (where reason = ''), count(*) filter (where reason = '' and full_width),
  count(*) filter (where reason = '' and needs_smtputf8)
from import_staging
"""

#: Joins from the short side: who may not be mailed, or has left this list.
COUNT_STOPPED: Final = """
select
  (select count(distinct x.email_key) from campaigns_suppression x
   join import_staging s on s.email_key = x.email_key where x.tenant_id = %(tenant)s and s.reason = ''),
  (select count(*) from campaigns_subscription u
   join campaigns_contact c on c.tenant_id = u.tenant_id and c.id = u.contact_id
   join import_staging s on s.email_key = c.email_key
   where u.tenant_id = %(tenant)s and u.mailing_list_id = %(list)s and u.state = 'unsubscribed'
     and s.reason = '')
"""

COUNT_PROBLEMS: Final = """
select reason, count(*) from import_staging where reason <> '' group by reason order by reason
"""

WRITE_PROBLEMS: Final = """
insert into campaigns_importproblem (tenant_id, contact_import_id, line, reason, detail, cells)
select %(tenant)s, %(import)s, line, reason, detail, cells
from import_staging where reason <> '' order by line
"""

#: One import of a tenant writes at a time: two that touch the same contacts would deadlock.
LOCK_TENANT: Final = "select pg_advisory_xact_lock(hashtextextended(%(tenant)s::text, 20261))"

#: Subscriptions that the import made and nobody has touched since; returns whom they were of.
UNDO_SUBSCRIPTIONS: Final = """
delete from campaigns_subscription
where tenant_id = %(tenant)s and mailing_list_id = %(list)s and source = %(source)s and state = 'subscribed'
"""

#: Contacts that it made, untouched since, that are on no list and whom no campaign was launched to.
UNDO_CONTACTS: Final = """
delete from campaigns_contact c
where c.tenant_id = %(tenant)s and c.created_at = %(at)s and c.updated_at = %(at)s
  and not exists (
    select from campaigns_subscription u where u.tenant_id = c.tenant_id and u.contact_id = c.id)
"""
