"""Row-level security and grants as migration operations: who may touch which table, in the migration
that makes it."""

from django.db.migrations.operations import RunSQL

#: What the web, the API and the control tasks do with an ordinary table.
WRITE = "select, insert, update, delete"


def tenant_table(table: str, *, app: str = WRITE, dispatch: str = "", key: str = "tenant_id") -> RunSQL:
    """Puts `table` under the tenant policy for relay_app and, with `dispatch` rights, opens it to queue runs.

    The policy reads a sub-select, which PostgreSQL evaluates once per statement; `app_tenant()` raises
    without a
    scope, because 0 rows would hide a lost scope as an empty page.
    """
    lines = [
        f"alter table {table} enable row level security",
        f"alter table {table} force row level security",
        f"create policy tenant on {table} to relay_app using ({key} = (select app_tenant()))",
        f"grant {app} on {table} to relay_app",
    ]
    if dispatch:
        lines += [
            f"create policy dispatch on {table} to relay_dispatch using (true)",
            f"grant {dispatch} on {table} to relay_dispatch",
        ]
    return RunSQL(";\n".join(lines), reverse_sql=RunSQL.noop)


def shared_table(table: str, *, app: str = WRITE, dispatch: str = "") -> RunSQL:
    """Grants on an infrastructure table that holds no tenant's data (listed in accounts/shared_tables.py)."""
    lines = [f"grant {app} on {table} to relay_app"] if app else []
    if dispatch:
        lines.append(f"grant {dispatch} on {table} to relay_dispatch")
    return RunSQL(";\n".join(lines), reverse_sql=RunSQL.noop)


def resolver(signature: str, returns: str, body: str, *, grant_to: str = "relay_app") -> RunSQL:
    """A SECURITY DEFINER function: the only way to ask a question before the tenant is known.

    `signature` is `name(arg type, …)`, `body` one SQL query. Execution is taken from everybody and given
    to one role.
    """
    return RunSQL(
        f"create function {signature} returns {returns} language sql stable security definer "
        f"set search_path = public, pg_temp as $fn$ {body} $fn$;\n"
        f"revoke all on function {signature} from public;\n"
        f"grant execute on function {signature} to {grant_to}",
        reverse_sql=f"drop function {signature}",
    )
