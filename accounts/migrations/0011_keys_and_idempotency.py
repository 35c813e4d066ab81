"""What an API key may and from where; answers that are given again."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from accounts.rls import resolver, tenant_table


def _texts():
    return django.contrib.postgres.fields.ArrayField(
        base_field=models.TextField(), default=list, size=None
    )


#: A second request with the same name waits here until the first has ended, because both write one row; what
#: was rolled back leaves nothing behind. An answer past its time makes room for a new one.
CLAIM = """
create function claim_idempotency_key(
  tenant uuid, api_key bigint, wanted text, print bytea, patience text, lifetime interval,
  out state text, out known_print bytea, out known_status smallint, out known_answer bytea
) language plpgsql set lock_timeout = '1s' as $fn$
begin
  perform set_config('lock_timeout', patience, true);
  insert into accounts_idempotencykey (tenant_id, key_id, name, fingerprint, created_at)
    values (tenant, api_key, wanted, print, clock_timestamp()) on conflict do nothing;
  if not found then
    update accounts_idempotencykey k
      set fingerprint = print, status = null, answer = null, created_at = clock_timestamp()
      where k.tenant_id = tenant and k.key_id = api_key and k.name = wanted
        and k.created_at < clock_timestamp() - lifetime;
  end if;
  if found then
    state := 'claimed';
  else
    state := 'known';
    select k.fingerprint, k.status, k.answer into known_print, known_status, known_answer
      from accounts_idempotencykey k
      where k.tenant_id = tenant and k.key_id = api_key and k.name = wanted;
  end if;
exception when lock_not_available then
  state := 'running';
end $fn$;
revoke all on function claim_idempotency_key(uuid, bigint, text, bytea, text, interval) from public;
grant execute on function claim_idempotency_key(uuid, bigint, text, bytea, text, interval) to relay_app
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_smtp_credentials")]
    operations = [
        migrations.AddField("apikey", "test", models.BooleanField(default=False)),
        migrations.AddField("apikey", "domains", _texts()),
        migrations.AddField("apikey", "networks", _texts()),
        migrations.AddField("apikey", "rate", models.IntegerField(null=True)),
        migrations.CreateModel(
            "IdempotencyKey",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key_id", models.BigIntegerField()),
                ("name", models.TextField()),
                ("fingerprint", models.BinaryField()),
                ("status", models.SmallIntegerField(null=True)),
                ("answer", models.BinaryField(null=True)),
                ("created_at", models.DateTimeField()),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.tenant",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=["tenant", "key_id", "name"], name="idempotencykey_once"
                    )
                ],
                "indexes": [models.Index(fields=["tenant", "created_at"], name="idempotencykey_age")],
            },
        ),
        tenant_table("accounts_idempotencykey"),
        resolver(
            "tenants_with_old_answers(before timestamptz)",
            "setof uuid",
            "select t.id from accounts_tenant t where exists "
            "(select from accounts_idempotencykey k where k.tenant_id = t.id and k.created_at < before)",
        ),
        migrations.RunSQL(
            CLAIM,
            reverse_sql="drop function claim_idempotency_key(uuid, bigint, text, bytea, text, interval)",
        ),
    ]
