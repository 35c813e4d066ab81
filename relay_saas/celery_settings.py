"""What Celery is told, for the workers and for beat: queues, acknowledgements, and what is done when."""

from typing import Any, Final

from django.conf import settings


def broker_url(redis_url: str) -> str:
    """Celery's spelling of a Redis URL: `unix:///path?db=0` becomes `redis+socket:///path?virtual_host=0`."""
    if redis_url.startswith("unix://"):
        return redis_url.replace("unix://", "redis+socket://", 1).replace("db=", "virtual_host=", 1)
    return redis_url


CONFIGURATION: Final[dict[str, Any]] = {
    "broker_url": broker_url(settings.REDIS_URL),
    "broker_connection_retry_on_startup": True,
    # A killed worker's task comes back after the visibility time-out, and is looked for every second, not
    # every 100 s.
    "broker_transport_options": {
        "visibility_timeout": 300,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
    },
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "task_ignore_result": True,
    "task_serializer": "json",
    "accept_content": ["json"],
    "worker_prefetch_multiplier": 1,
    "worker_enable_remote_control": False,
    "worker_send_task_events": False,
    "task_default_queue": "default",
    "task_routes": {
        "delivery.tasks.run_queue": {"queue": f"delivery.{settings.RELAY_HOST_ID}"},
        # Minutes of work: the short tasks of the default queue must not stand behind them.
        "accounts.tasks.run_job": {"queue": "jobs"},
        # A run keeps a worker's child for most of a minute.
        "tracking.tasks.run_webhooks": {"queue": "webhooks"},
    },
    "timezone": "UTC",
    "beat_schedule": {
        "start queue runs": {"task": "delivery.tasks.start_queue_runs", "schedule": 2.0},
        "launch planned campaigns": {"task": "delivery.tasks.launch_planned", "schedule": 2.0},
        "sweep launches": {"task": "delivery.tasks.sweep_launches", "schedule": 5.0},
        "take back dead runs": {"task": "delivery.tasks.take_back", "schedule": 5.0},
        "finish campaigns": {"task": "delivery.tasks.finish_campaigns", "schedule": 2.0},
        "keep queue statistics": {"task": "delivery.tasks.keep_queue_statistics", "schedule": 10.0},
        "keep domain gates": {"task": "delivery.tasks.keep_domain_gates", "schedule": 30.0},
        "forget old reports": {"task": "tracking.tasks.forget_old_reports", "schedule": 21600.0},
        "watch bounces": {"task": "delivery.tasks.watch_bounces", "schedule": 10.0},
        "guard campaigns": {"task": "tracking.tasks.guard_campaigns", "schedule": 5.0},
        "tell senders": {"task": "delivery.tasks.tell_senders", "schedule": 5.0},
        "record missed mail": {"task": "tracking.tasks.record_missed_mail", "schedule": 30.0},
        "start webhook runs": {"task": "tracking.tasks.start_webhook_runs", "schedule": 2.0},
        "tell of webhooks": {"task": "tracking.tasks.tell_of_webhooks", "schedule": 60.0},
        "forget old events": {"task": "tracking.tasks.forget_old_events", "schedule": 3600.0},
        "forget submission receipts": {"task": "delivery.tasks.forget_receipts", "schedule": 600.0},
        "forget old requests": {"task": "accounts.tasks.forget_old_requests", "schedule": 3600.0},
        "forget old answers": {"task": "accounts.tasks.forget_old_answers", "schedule": 3600.0},
        "forget test mail": {"task": "delivery.tasks.forget_test_mail", "schedule": 3600.0},
        "check sending domains": {"task": "accounts.tasks.check_domains", "schedule": 60.0},
        "keep our zone": {"task": "accounts.tasks.keep_zone", "schedule": 600.0},
        "pick up jobs": {"task": "accounts.tasks.pick_up_jobs", "schedule": 15.0},
        "clean up jobs": {"task": "accounts.tasks.clean_up_jobs", "schedule": 3600.0},
    },
}
