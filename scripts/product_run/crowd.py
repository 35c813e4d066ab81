"""Programs that use the product side by side."""

import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Crowd(ABC):
    """So many at once, a thread each, until it is over."""

    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self, many: int) -> None:
        """Begin."""
        for number in range(many):
            thread = threading.Thread(
                target=self._work, args=(number,), name=f"{type(self).__name__} {number}"
            )
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Nothing new; what has no answer is tried until it has one."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    @abstractmethod
    def _work(self, number: int) -> None:
        """One of them, until `_over` is set."""
