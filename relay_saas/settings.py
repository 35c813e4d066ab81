"""Settings; every value that differs between installations is read from the environment
(docs/operating.md)."""

import os
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from relay_saas import env
from relay_saas.web.csp import POLICY

BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = env.required("RELAY_SECRET_KEY")
DEBUG = False
ALLOWED_HOSTS = env.words("RELAY_HOSTS") or ["localhost", "127.0.0.1"]

# --- What the relay is told about its surroundings
# -------------------------------------------------------------
DATABASE_URL = env.required("DATABASE_URL")
DATABASE_OWNER_URL = env.text("DATABASE_OWNER_URL")
DATABASE_DISPATCH_URL = env.text("DATABASE_DISPATCH_URL")
REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:6379/0")

RELAY_MASTER_KEYS = env.keys("RELAY_MASTER_KEYS")
RELAY_TOKEN_KEYS = env.keys("RELAY_TOKEN_KEYS")
RELAY_API_PEPPER = env.required("RELAY_API_PEPPER").encode()

RELAY_DNS = env.text("RELAY_DNS")
RELAY_SMTP_PORT = env.number("RELAY_SMTP_PORT", 25)
RELAY_DELIVERY_NETWORKS = env.networks("RELAY_DELIVERY_NETWORKS")
RELAY_ZONE = env.text("RELAY_ZONE", "relay.test")
RELAY_ZONE_SERVER = env.text("RELAY_ZONE_SERVER")
# The TSIG key of its updates, `name:hmac-sha256:<base64>`; empty: they are not signed.
RELAY_ZONE_KEY = env.text("RELAY_ZONE_KEY")
# Days after which signing keys are replaced by themselves; 0: never.
RELAY_ROTATE_DAYS = env.number("RELAY_ROTATE_DAYS", 180)
# Block lists by DNS that our addresses, and the tenants' domains, are looked for in; empty: none is asked.
RELAY_BLOCK_LISTS = env.words("RELAY_BLOCK_LISTS")
RELAY_DOMAIN_BLOCK_LISTS = env.words("RELAY_DOMAIN_BLOCK_LISTS")
RELAY_EGRESS = env.words("RELAY_EGRESS")
RELAY_PLATFORM_DOMAIN = env.text("RELAY_PLATFORM_DOMAIN")
RELAY_PLATFORM_SELECTOR = env.text("RELAY_PLATFORM_SELECTOR", "platform")
RELAY_PLATFORM_KEY = env.text("RELAY_PLATFORM_KEY").encode()
RELAY_PLATFORM_SIGNS = env.words("RELAY_PLATFORM_SIGNS")
RELAY_BASE_URL = env.text("RELAY_BASE_URL", "http://127.0.0.1:8000")
RELAY_EDGE_SCHEME_PORT = env.text("RELAY_EDGE_SCHEME_PORT", "https")
RELAY_EDGE_ADDRESS = env.text("RELAY_EDGE_ADDRESS", "127.0.0.1")
RELAY_INBOUND_ADDRESS = env.text("RELAY_INBOUND_ADDRESS", "127.0.0.1")
RELAY_INBOUND_PORT = env.number("RELAY_INBOUND_PORT", 25)
# Paths of PEM files; the key may stand in the certificate's.
RELAY_INBOUND_CERTIFICATE = env.text("RELAY_INBOUND_CERTIFICATE")
RELAY_INBOUND_CERTIFICATE_KEY = env.text("RELAY_INBOUND_CERTIFICATE_KEY")
# What mail programs are told; the server behind it listens where RELAY_SUBMISSION_ADDRESS says.
RELAY_SUBMISSION_HOST = env.text("RELAY_SUBMISSION_HOST", f"smtp.{RELAY_ZONE}")
# STARTTLS, and TLS from the first byte on.
RELAY_SUBMISSION_PORT = env.number("RELAY_SUBMISSION_PORT", 587)
RELAY_SUBMISSION_TLS_PORT = env.number("RELAY_SUBMISSION_TLS_PORT", 465)
RELAY_SUBMISSION_ADDRESS = env.text("RELAY_SUBMISSION_ADDRESS", "127.0.0.1")
# Paths of PEM files; the key may stand in the certificate's.
RELAY_SUBMISSION_CERTIFICATE = env.text("RELAY_SUBMISSION_CERTIFICATE")
RELAY_SUBMISSION_CERTIFICATE_KEY = env.text("RELAY_SUBMISSION_CERTIFICATE_KEY")
RELAY_SUBMISSION_PROCESSES = env.number(
    "RELAY_SUBMISSION_PROCESSES", max(1, len(os.sched_getaffinity(0)) // 2)
)
RELAY_SUBMISSION_MAX_BYTES = env.number("RELAY_SUBMISSION_MAX_BYTES", 25 * 1024 * 1024)
RELAY_DATA_DIR = Path(env.text("RELAY_DATA_DIR", str(BASE_DIR / "var")))
RELAY_HOST_ID = env.text("RELAY_HOST_ID", "local")
RELAY_TIMINGS = env.text("RELAY_TIMINGS", "production")
# The bearer token of a scrape of /ops/metrics; empty: only operators who are signed in may read it.
RELAY_METRICS_TOKEN = env.text("RELAY_METRICS_TOKEN")
RELAY_QUEUE_RUNS = env.number("RELAY_QUEUE_RUNS", 2)
# Requests that one process of the dashboard and the API answers at a time.
RELAY_WEB_THREADS = env.number("RELAY_WEB_THREADS", 8)
# Seconds in which "send now" can be undone.
RELAY_UNDO_SECONDS = env.number("RELAY_UNDO_SECONDS", 15)
# Whether campaigns are paused that bounce or are complained about too often.
RELAY_CAMPAIGN_GUARD = env.flag("RELAY_CAMPAIGN_GUARD", default=True)
# Jobs of one organization that run at once, however many workers there are.
RELAY_JOBS_PER_TENANT = env.number("RELAY_JOBS_PER_TENANT", 1)
# Seconds that a stopping queue run waits for answers to final dots; longer than the dot's own deadline.
RELAY_STOP_GRACE = env.number("RELAY_STOP_GRACE", 660)
# Where test keys find their magic addresses, such as bounce@.
RELAY_TEST_DOMAIN = env.text("RELAY_TEST_DOMAIN", f"simulator.{RELAY_ZONE}")
# Requests in a second that one API key may send, where the key says nothing else; twice that at once.
RELAY_API_RATE = env.number("RELAY_API_RATE", 1000)
RELAY_LEASE_SECONDS = env.number("RELAY_LEASE_SECONDS", 45)
# Webhooks: ranges that may be called although they are not public, ports, whether plain http is allowed,
# authorities of our own, runs at once, days for which events and calls are kept.
RELAY_WEBHOOK_NETWORKS = env.networks("RELAY_WEBHOOK_NETWORKS")
RELAY_WEBHOOK_PORTS = env.ranges("RELAY_WEBHOOK_PORTS", "443,80,8080,8443")
RELAY_WEBHOOK_HTTP = env.flag("RELAY_WEBHOOK_HTTP")
RELAY_WEBHOOK_CA = env.text("RELAY_WEBHOOK_CA")
RELAY_WEBHOOK_RUNS = env.number("RELAY_WEBHOOK_RUNS", 1)
RELAY_EVENT_DAYS = env.number("RELAY_EVENT_DAYS", 30)

# --- Django
# -----------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "django_htmx",
    "django_cotton",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "relay_saas.apps.RelayConfig",
    "accounts",
    "campaigns",
    "delivery",
    "tracking",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "relay_saas.web.request_id.RequestIdMiddleware",
    "accounts.api.request_log.ApiRequestLogMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.TenantMiddleware",
    "relay_saas.web.errors.ErrorMiddleware",
]

ROOT_URLCONF = "relay_saas.urls"
WSGI_APPLICATION = "relay_saas.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
EMAIL_BACKEND = "delivery.backend.RelayEmailBackend"
DEFAULT_FROM_EMAIL = env.text("RELAY_SYSTEM_FROM", "relay@localhost")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
# The address of the invitation; another one is invited anew.
ACCOUNT_MAX_EMAIL_ADDRESSES = 1
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_SESSION_REMEMBER = True
# A stranger could have us write to anybody.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = RELAY_BASE_URL.startswith("https:")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
CSRF_TRUSTED_ORIGINS = [RELAY_BASE_URL]
CSRF_FAILURE_VIEW = "relay_saas.web.errors.csrf_failure"
CONTENT_SECURITY_POLICY = {"DIRECTIVES": POLICY}

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "relay_saas.console.context.frame",
            ],
            "libraries": {"form_fields": "relay_saas.web.form_fields", "plots": "relay_saas.web.plot"},
        },
    },
]
COTTON_DIR = "components"

# --- Languages and time
# -----------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("ja", "日本語"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["relay_saas.formats"]
USE_TZ = True
TIME_ZONE = "UTC"

# --- Static files
# -----------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "relay_saas" / "static"]
WHITENOISE_USE_FINDERS = env.flag("RELAY_STATIC_FROM_SOURCE")
# Served from the source there is no collected folder, and WhiteNoise would warn that it is missing.
STATIC_ROOT = None if WHITENOISE_USE_FINDERS else env.text("RELAY_STATIC_ROOT", str(BASE_DIR / "staticfiles"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}


def database(url: str) -> dict[str, Any]:
    """Django's form of a libpq URL."""
    parts = conninfo_to_dict(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.get("dbname", ""),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": parts.get("port", ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES = {"default": database(DATABASE_URL)}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api.authentication.HasApiScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "relay_saas.web.openapi.RelaySchema",
    "EXCEPTION_HANDLER": "relay_saas.web.errors.problem_response",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Relay API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "POSTPROCESSING_HOOKS": [],
    "SORT_OPERATIONS": False,
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
}
# 10 MB of attachments in base64, and the message around them.
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
}
