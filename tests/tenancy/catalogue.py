"""What PostgreSQL's catalogue says of our tables: policies, grants, uniques. Each reader names what is
wrong."""

from django.db import connection

from relay_saas.shared_tables import DEFINER_FUNCTIONS, GLOBAL_UNIQUES, SHARED_TABLES

_TABLES = """
select c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relispartition,
  exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'tenant'),
  exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id')
from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
"""
_UNIQUES = """
select i.relname, t.relname, x.indisprimary, (select array_agg(a.attname::text order by k.n)
  from unnest(x.indkey::smallint[]) with ordinality k(attnum, n)
  join pg_attribute a on a.attrelid = t.oid and a.attnum = k.attnum)
from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
where x.indisunique and t.relnamespace = 'public'::regnamespace and not t.relispartition
"""
_DEFINERS = """
select p.proname, has_function_privilege('public', p.oid, 'execute') from pg_proc p
where p.prosecdef and p.pronamespace = 'public'::regnamespace
"""
#: The tenant table is keyed by itself.
ITS_OWN_KEY = "accounts_tenant"


def _rows(sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def unprotected_tables() -> list[str]:
    """Tables that are neither under a forced tenant policy nor in the list of shared ones."""
    wrong = []
    for name, enabled, forced, is_partition, has_policy, has_tenant in _rows(_TABLES):
        if is_partition or (name in SHARED_TABLES and not has_tenant):
            continue
        if not (enabled and forced and has_policy and (has_tenant or name == ITS_OWN_KEY)):
            wrong.append(name)
    return sorted(wrong)


def readable_partitions() -> list[str]:
    """Partitions that the application could read around their parent's policy."""
    return [
        name
        for name, *_rest in _rows(
            _TABLES + " and c.relispartition and has_table_privilege('relay_app', c.oid, 'select')"
        )
    ]


def uniques_across_tenants() -> list[str]:
    """Unique indexes of tenant tables that do not begin with the tenant and are not listed."""
    tenant_tables = {row[0] for row in _rows(_TABLES) if row[5] or row[0] == ITS_OWN_KEY}
    wrong = []
    for index, table, primary, columns in _rows(_UNIQUES):
        surrogate = primary and columns == ["id"]
        if table in tenant_tables and columns[0] != "tenant_id" and not surrogate and not _listed(index):
            wrong.append(index)
    return sorted(wrong)


def _listed(index: str) -> bool:
    return any(index == known or index.startswith(known.removesuffix("_key")) for known in GLOBAL_UNIQUES)


def vanished_names() -> list[str]:
    """Tables that are listed as shared but are not there."""
    return sorted(set(SHARED_TABLES) - {row[0] for row in _rows(_TABLES)})


def unlisted_definers() -> list[str]:
    """Functions that pass by the policies and are not listed, are gone, or may be called by anybody."""
    found = _rows(_DEFINERS)
    open_to_all = {name for name, public in found if public}
    return sorted({name for name, _public in found} ^ set(DEFINER_FUNCTIONS) | open_to_all)
