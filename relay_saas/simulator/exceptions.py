"""The errors of the simulator, each with a machine code."""


class SimulatorError(Exception):
    """The simulator cannot start or go on; `code` names the reason for machines."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ProfileError(SimulatorError):
    """A provider's profile file is missing, unreadable or says something that means nothing."""
