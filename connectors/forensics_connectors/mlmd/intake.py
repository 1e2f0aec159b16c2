"""A safe copy of an SQLite store: the source is only read, hashed as it is copied, and watched for changes.

SQLite itself never opens the source: even reading can change a store (a hot journal is rolled back, a write-ahead log
is merged), and what a hostile file says of other files must not be followed.
"""

import errno
import hashlib
import os
import shutil
import stat
import tempfile
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from io import FileIO
from pathlib import Path

from forensics.errors import SourceError
from forensics.values import dataclass

__all__ = ["Copied", "Copy", "is_sqlite", "stores_at"]

_MAGIC = b"SQLite format 3\0"
_JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")
#: The files of one store. The index of the write-ahead log (-shm) says nothing of its own, and is not copied.
_PARTS = ("", "-wal", "-journal", "-shm")
_FOLDER_NAMES = ("metadata.db", "metadata.sqlite", "mlmd")
_LARGEST = 16 << 30
_CHUNK = 4 << 20
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


@dataclass(frozen=True, slots=True)
class Copied:
    """One file of a store as it was when it was copied.

    Attributes:
        size: in bytes.
        sha256: in hexadecimal digits.
        about: device, inode, size and times of change, to see whether it changed later.
    """

    size: int
    sha256: str
    about: tuple[int, ...]


class Copy:
    """A store copied into a scratch folder, which is removed when the copy is closed or forgotten.

    Attributes:
        path: of the source.
        folder: the scratch folder, readable by this user alone.
        database: the copy in it.
        files: the files of the source by what is added to its name: nothing, ``-wal``, ``-journal``, ``-shm``.

    Raises:
        SourceError: a part of the source is no plain file or may not be read, is too large, names other files, or
            changed while it was copied.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder = Path(tempfile.mkdtemp(prefix="forensics-mlmd-"))
        self.close = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self.database = self.folder / "store.db"
        try:
            self.files = self._copied()
        except BaseException:
            self.close()
            raise

    @property
    def size(self) -> int:
        """Bytes of all files that count."""
        return sum(file.size for file in self.files.values())

    @property
    def state(self) -> str:
        """A digest of all files that count: not of the log's index, which changes when others read the store."""
        parts = " ".join(f"{part}:{file.sha256}" for part, file in sorted(self.files.items()) if part != "-shm")
        return f"sha256:{hashlib.sha256(parts.encode()).hexdigest()}"

    def derived(self) -> str:
        """The sha256 of the copy as it is now, recovered or not."""
        with self.database.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def is_still_so(self) -> bool:
        """Hashes the source again.

        Returns:
            Whether it still is what was copied.

        Raises:
            SourceError: it has other bytes, though nothing says that it was written to.
        """
        with ExitStack() as stack:
            opened = self._opened(stack)
            if self._about(opened) != {part: file.about for part, file in self.files.items()}:
                return False
            if {part: self._hashed(file) for part, file in opened.items()} == {
                p: f.sha256 for p, f in self.files.items()
            }:
                return True
        raise self._error("other bytes than a moment ago, with no trace of a write", "look at the disk it lies on")

    def _copied(self) -> dict[str, Copied]:
        with ExitStack() as stack:
            opened = self._opened(stack)
            names, before = self._names(), self._about(opened)
            self._check(opened, before)
            found = {}
            for part, file in opened.items():
                into = stack.enter_context(FileIO(f"{self.database}{part}", "xb")) if part != "-shm" else None
                found[part] = Copied(before[part][2], self._hashed(file, into), before[part])
            again = {part: _about(os.lstat(f"{self.path}{part}")) for part in opened} if names == self._names() else {}
            if not before == self._about(opened) == again:
                raise self._error("changed while it was copied", "read it when nothing writes to it, or read a copy")
            return found

    def _opened(self, stack: ExitStack) -> dict[str, FileIO]:
        opened: dict[str, FileIO] = {}
        for part in _PARTS:
            path = f"{self.path}{part}"
            try:
                if not stat.S_ISREG(os.lstat(path).st_mode):
                    raise self._error(f"{Path(path).name} is no plain file", "name the file itself")
                file = stack.enter_context(FileIO(os.open(path, _FLAGS)))
            except FileNotFoundError:
                continue
            except OSError as error:
                raise self._error(
                    f"cannot be read: {error.strerror}", "change its permissions, or read a copy"
                ) from None
            opened[part] = file
        if "" not in opened:
            raise self._error("is gone")
        return opened

    def _check(self, opened: dict[str, FileIO], about: dict[str, tuple[int, ...]]) -> None:
        """Refuses what could fill the disk, or make SQLite touch other files."""
        size = sum(part[2] for part in about.values())
        if size > _LARGEST:
            raise self._error(f"is larger than {_LARGEST >> 30} GiB")
        if 2 * size > shutil.disk_usage(self.folder).free:
            hint = f"{2 * size >> 20} MiB are needed: let TMPDIR name a larger disk"
            raise self._error(f"no room for a copy in {self.folder.parent}", hint)
        if "-journal" in opened:
            file = opened["-journal"]
            file.seek(-min(16, about["-journal"][2]), os.SEEK_END)
            tail = file.read(16)
            file.seek(0)
            # Rolling such a journal back deletes the file that it names.
            if tail.endswith(_JOURNAL_MAGIC) and int.from_bytes(tail[:4], "big"):
                raise self._error("its journal names another file", "no ML Metadata store has such a journal")

    def _hashed(self, file: FileIO, into: FileIO | None = None) -> str:
        digest, buffer = hashlib.sha256(), memoryview(bytearray(_CHUNK))
        try:
            with ThreadPoolExecutor(1) as hasher:  # which hashes while this thread writes
                while count := file.readinto(buffer):
                    hashing = hasher.submit(digest.update, buffer[:count])
                    if into is not None:
                        into.write(buffer[:count])
                    hashing.result()
                    if file.tell() > _LARGEST:
                        raise self._error("grows while it is read")
        except OSError as error:
            raise self._error(f"cannot be copied: {error.strerror}") from None
        return digest.hexdigest()

    def _about(self, opened: dict[str, FileIO]) -> dict[str, tuple[int, ...]]:
        return {part: _about(os.fstat(file.fileno())) for part, file in opened.items()}

    def _names(self) -> set[str]:
        return {path.name for path in self.path.parent.iterdir() if path.name.startswith(self.path.name)}

    def _error(self, what: str, hint: str = "") -> SourceError:
        return SourceError(f"{self.path}: {what}", hint=hint, locator=str(self.path))


def stores_at(locator: str) -> list[Path]:
    """The files at a path that could be a store: the file itself, or those in a folder with the usual names.

    Raises:
        SourceError: it is one, but behind a link, or it may not be read.
    """
    path = Path(locator).absolute()
    if path.is_dir():
        if not os.access(path, os.X_OK):
            return []
        return [path / name for name in _FOLDER_NAMES if is_sqlite(path / name)]
    return [path] if is_sqlite(path) else []


def is_sqlite(path: Path) -> bool:
    """Whether a plain file begins as SQLite files do.

    Raises:
        SourceError: it does, but the path is a link to it; or it may not be read.
    """
    try:
        mode = path.lstat().st_mode
        is_link = stat.S_ISLNK(mode)
        if not stat.S_ISREG(path.stat().st_mode if is_link else mode):
            return False
        with os.fdopen(os.open(path, _FLAGS if not is_link else _FLAGS & ~getattr(os, "O_NOFOLLOW", 0)), "rb") as file:
            found = stat.S_ISREG(os.fstat(file.fileno()).st_mode) and file.read(len(_MAGIC)) == _MAGIC
    except PermissionError:
        raise SourceError(
            f"no permission to read {path}", hint="change its permissions, or read a copy", locator=str(path)
        ) from None
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.EIO:
            raise SourceError(f"{path} cannot be read: {error.strerror}", locator=str(path)) from None
        return False
    if found and is_link:
        raise SourceError(f"{path} is a link", hint="name the file that it leads to", locator=str(path))
    return found


def _about(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
