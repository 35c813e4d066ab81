"""Holds all sending for a moment, as an operator does, without the seconds of a command."""

SUSPEND = """
insert into delivery_policystate (host, domain, action, rule, evidence, reason, set_by, ended_by)
values ('', '', 'suspend', 'fault', '', 'a fault', 'faults', '')
"""
LIFT = "update delivery_policystate set ended_at = now() where rule = 'fault' and ended_at is null"
