"""The source of a generated function while it grows: lines, names, constants, output not yet written."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

#: values put out between two looks at the size of the output
VALUES_PER_CHECK = 16


@dataclass(slots=True)
class Loop:
    """An open `for`: the names of its position and its length, and filters written in line in its body."""

    position: str
    length: str
    inlined: int = 0


class Source:
    """Lines hold generated names and small numbers only; every other value is a constant by reference."""

    def __init__(self) -> None:
        self.namespace: dict[str, object] = {}
        #: the list that output goes to; None where a block's blanks are suppressed
        self.sinks: list[str | None] = ["o"]
        self._lines: list[str] = []
        self._indent = 1
        self._names = 0
        self._pending: list[str] = []
        self._values: list[str] = []
        self._characters = 0

    @property
    def main(self) -> bool:
        """Whether output goes into the message, not into a variable or nowhere."""
        return self.sinks[-1] == "o"

    def line(self, text: str) -> None:
        """Add a line at the present depth."""
        self._lines.append("    " * self._indent + text)

    def reserve(self) -> int:
        """Add a line that `fill` will write."""
        self.line("pass")
        return len(self._lines) - 1

    def fill(self, number: int, text: str) -> None:
        """Write a reserved line."""
        self._lines[number] = self._lines[number].replace("pass", text)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """A compound statement; its lines are added inside."""
        self.line(head)
        self._indent += 1
        yield
        self._indent -= 1

    @property
    def depth(self) -> int:
        """The present depth; set to leave several blocks at once."""
        return self._indent

    @depth.setter
    def depth(self, depth: int) -> None:
        self._indent = depth

    def fresh(self, prefix: str) -> str:
        """A new name."""
        self._names += 1
        return f"{prefix}{self._names}"

    def constant(self, value: object) -> str:
        """The name of a value that the function refers to."""
        name = self.fresh("c")
        self.namespace[name] = value
        return name

    def put_static(self, name: str, length: int) -> None:
        """Put out a constant of that length."""
        if self.sinks[-1] is not None:
            self._pending.append(name)
            self._characters += length

    def put_value(self, name: str) -> None:
        """Put out the value of a local name."""
        if self.sinks[-1] is not None:
            self._pending.append(name)
            self._values.append(name)
            if len(self._values) >= VALUES_PER_CHECK:
                self.flush()

    def flush(self) -> None:
        """Write what is pending; needed before any line that branches."""
        if not self._pending:
            return
        sizes = [str(self._characters), *(f"len({name})" for name in self._values)]
        self.line(f"{self.sinks[-1]} += ({', '.join(self._pending)},)")
        self.line(f"n += {' + '.join(sizes)}")
        self.line("if n > LIMIT: raise Deopt")
        self._pending, self._values, self._characters = [], [], 0

    @contextmanager
    def sink(self, name: str | None) -> Iterator[None]:
        """Output inside goes to the list `name`, or nowhere."""
        self.flush()
        self.sinks.append(name)
        yield
        self.flush()
        self.sinks.pop()

    def text(self, head: list[str]) -> str:
        """The whole source: `head`, the lines, the return."""
        return "\n".join([*head, *self._lines, "    return join(o)"])
