"""Where a running relay keeps what it must not lose, and where its sockets are."""

import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]

# A Unix socket's path ends at 103 bytes on macOS, 107 on Linux; "/.s.PGSQL.5432.lock" takes 19.
LONGEST_SOCKET_FOLDER = 84


@dataclass(frozen=True, slots=True, kw_only=True)
class DataDir:
    """The data folder and its names; nothing is written elsewhere, sockets of a deep folder aside."""

    root: Path

    @classmethod
    def at(cls, root: Path) -> "DataDir":
        """The folder as an absolute path, made (for its owner alone) where it is missing."""
        folder = root.expanduser().resolve()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return cls(root=folder)

    @property
    def lock(self) -> Path:
        """Held by the supervisor, and by its guardian until the last process is gone."""
        return self.root / "lock"

    @property
    def children(self) -> Path:
        """The processes that run now, for whoever has to stop them after a kill -9."""
        return self.root / "children.json"

    @property
    def info(self) -> Path:
        """What `make demo INFO=1` shows."""
        return self.root / "info.json"

    @property
    def relay(self) -> Path:
        """RELAY_DATA_DIR: journals of the engine, and what the story tells about itself."""
        return self._folder("relay")

    @property
    def story(self) -> Path:
        """Written by the story: tenant, api_key, owner_email, owner_password."""
        return self.relay / "story.json"

    @property
    def secrets(self) -> Path:
        """One file a secret, readable by the owner alone."""
        return self._folder("secrets")

    @property
    def simulator(self) -> Path:
        """Mailboxes and the receivers' log."""
        return self._folder("simulator")

    @property
    def valkey(self) -> Path:
        """The append-only file of Valkey."""
        return self._folder("valkey")

    @property
    def postgres(self) -> Path:
        """The cluster of PostgreSQL; made by initdb."""
        return self.root / "postgres"

    def log(self, name: str) -> Path:
        """The log file of one process."""
        return self._folder("logs") / f"{name}.log"

    def sockets(self) -> Path:
        """A folder for Unix sockets with a short path; in the temporary folder where this one is too deep."""
        folder = self.root / "sock"
        if len(str(folder)) > LONGEST_SOCKET_FOLDER:
            folder = Path(tempfile.gettempdir()) / f"relay-{zlib.crc32(str(self.root).encode()):08x}"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def _folder(self, name: str) -> Path:
        folder = self.root / name
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder
