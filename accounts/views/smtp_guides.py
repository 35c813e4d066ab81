"""Ready settings: what to enter in which program, with this installation's names in it."""

from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from relay_saas.web.problems import Text

#: Stands where the user name belongs, as long as nobody chose a credential.
PLACEHOLDER: Final = "smtp_…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where mail is handed in, and by whom."""

    host: str
    starttls_port: int
    tls_port: int
    username: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """One program: where its settings are, and either `fields` to fill in or `code` to put in."""

    key: str
    name: str
    where: Text
    #: What it is called, the value, and whether it is worth copying.
    fields: tuple[tuple[Text, str, bool], ...] = ()
    code: str = ""
    note: Text = ""


_HOST: Final = gettext_lazy("Server")
_PORT: Final = gettext_lazy("Port")
_SECURITY: Final = gettext_lazy("Encryption")
_USER: Final = gettext_lazy("User name")
_PASSWORD: Final = gettext_lazy("Password")
_SIGN_IN: Final = gettext_lazy("Authentication")
_IN_THE_ENVIRONMENT: Final = gettext_lazy(
    "The password is read from the environment: it has no place in code."
)

_WORDPRESS: Final = """\
define( 'WPMS_ON', true );
define( 'WPMS_MAILER', 'smtp' );
define( 'WPMS_SMTP_HOST', '{host}' );
define( 'WPMS_SMTP_PORT', {starttls_port} );
define( 'WPMS_SSL', 'tls' );
define( 'WPMS_SMTP_AUTH', true );
define( 'WPMS_SMTP_USER', '{username}' );
define( 'WPMS_SMTP_PASS', getenv( 'SMTP_PASSWORD' ) );"""
_DJANGO: Final = """\
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = "{host}"
EMAIL_PORT = {starttls_port}
EMAIL_USE_TLS = True
EMAIL_HOST_USER = "{username}"
EMAIL_HOST_PASSWORD = os.environ["SMTP_PASSWORD"]
EMAIL_TIMEOUT = 60"""
_RAILS: Final = """\
config.action_mailer.delivery_method = :smtp
config.action_mailer.smtp_settings = {{
  address: "{host}",
  port: {starttls_port},
  authentication: :plain,
  enable_starttls: true,
  user_name: "{username}",
  password: ENV.fetch("SMTP_PASSWORD")
}}"""
_NODEMAILER: Final = """\
const transport = nodemailer.createTransport({{
  host: "{host}",
  port: {tls_port},
  secure: true,
  auth: {{ user: "{username}", pass: process.env.SMTP_PASSWORD }},
}});"""
_SWAKS: Final = """\
swaks --server {host} --port {starttls_port} --tls-verify \\
  --auth PLAIN --auth-user "{username}" --auth-password "$SMTP_PASSWORD" \\
  --from hello@news.example.com --to you@example.com \\
  --header "Subject: It works" --body "Sent with swaks.\""""
_CODES: Final = (
    ("wordpress", "WordPress", gettext_lazy("WP Mail SMTP: put this into wp-config.php."), _WORDPRESS),
    ("django", "Django", gettext_lazy("In the settings of the project."), _DJANGO),
    ("rails", "Ruby on Rails", gettext_lazy("In config/environments/production.rb."), _RAILS),
    ("nodemailer", "Nodemailer", gettext_lazy("Where the transport is made."), _NODEMAILER),
    ("swaks", "swaks", gettext_lazy("A trial from the command line; put in your own addresses."), _SWAKS),
)


def server(username: str = PLACEHOLDER) -> Server:
    """This installation's server."""
    return Server(
        host=settings.RELAY_SUBMISSION_HOST,
        starttls_port=settings.RELAY_SUBMISSION_PORT,
        tls_port=settings.RELAY_SUBMISSION_TLS_PORT,
        username=username,
    )


def guides(at: Server) -> list[Guide]:
    """All programs, mail programs first."""
    mail_programs = [_outlook(at), _thunderbird(at), _apple_mail(at)]
    names = {
        "host": at.host,
        "starttls_port": at.starttls_port,
        "tls_port": at.tls_port,
        "username": at.username,
    }
    programs = [
        Guide(key=key, name=name, where=where, code=code.format(**names), note=_IN_THE_ENVIRONMENT)
        for key, name, where, code in _CODES
    ]
    return mail_programs + programs


def _outlook(at: Server) -> Guide:
    return Guide(
        key="outlook",
        name="Outlook",
        where=gettext_lazy(
            "File, Account settings, the account, Change, More settings: Outgoing server. "
            "In the new Outlook: Settings, Accounts, Manage, Advanced."
        ),
        fields=(
            (_HOST, at.host, True),
            (_PORT, str(at.starttls_port), True),
            (_SECURITY, "STARTTLS", False),
            (_SIGN_IN, _("“My outgoing server requires authentication”, own user name and password"), False),
            (_USER, at.username, True),
        ),
        note=gettext_lazy("Incoming mail keeps its own server, user name and password."),
    )


def _thunderbird(at: Server) -> Guide:
    return Guide(
        key="thunderbird",
        name="Thunderbird",
        where=gettext_lazy("Account settings, Outgoing server (SMTP), Add. Then choose it in your account."),
        fields=(
            (_HOST, at.host, True),
            (_PORT, str(at.tls_port), True),
            (_SECURITY, "SSL/TLS", False),
            (_SIGN_IN, str(gettext_lazy("Normal password")), False),
            (_USER, at.username, True),
        ),
        note=gettext_lazy("Thunderbird asks for the password when the first message is sent."),
    )


def _apple_mail(at: Server) -> Guide:
    return Guide(
        key="apple-mail",
        name="Apple Mail",
        where=gettext_lazy(
            "Mail, Settings, Accounts, the account, Server settings, Outgoing mail account: Edit SMTP server "
            "list. On an iPhone: Settings, Apps, Mail, Mail accounts, the account, SMTP."
        ),
        fields=(
            (_HOST, at.host, True),
            (_PORT, str(at.tls_port), True),
            (_SECURITY, "TLS/SSL", False),
            (_SIGN_IN, str(_PASSWORD), False),
            (_USER, at.username, True),
        ),
        note=gettext_lazy("Turn off “Automatically manage connection settings” to see the port."),
    )
