"""An address at which packets vanish: nobody is refused, nobody gets an answer."""

import socket


class BlackHole:
    """A listener whose queue is full: Linux then drops every further SYN, as a dead network would."""

    def __init__(self, address: str, port: int) -> None:
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((address, port))
        # A queue of length 0 takes one connection, which is never accepted.
        self._listener.listen(0)
        self._filler = socket.create_connection((address, port))

    def close(self) -> None:
        """Give the address back."""
        self._filler.close()
        self._listener.close()
