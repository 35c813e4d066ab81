"""When messages were claimed, written down by the database itself: a trigger of the fault plan's own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

_WATCH = """
create table faults_claim (at timestamptz not null);
create function faults_claimed() returns trigger language plpgsql security definer as
$$ begin insert into faults_claim values (clock_timestamp()); return null; end $$;
create trigger faults_claimed after update on delivery_queueentry for each row
  when (old.run_id is null and new.run_id is not null) execute function faults_claimed();
"""
_FORGET = """
drop trigger faults_claimed on delivery_queueentry; drop function faults_claimed; drop table faults_claim;
"""
_LAST = "select extract(epoch from max(at))::float8 from faults_claim"


@contextmanager
def claims_watched(owner: psycopg.Connection[Any]) -> Iterator[Callable[[], float]]:
    """Gives a function that says when the last claim was, in seconds since 1970; 0.0 without one."""
    owner.execute(_WATCH)
    try:
        yield lambda: float((owner.execute(_LAST).fetchone() or [0.0])[0] or 0.0)
    finally:
        owner.execute(_FORGET)
