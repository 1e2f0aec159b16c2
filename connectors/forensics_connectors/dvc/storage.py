"""Where DVC keeps its objects on this machine: caches and local remotes, read for directory listings alone.

Configuration files are read as text, never through DVC, and nothing of them is kept but folders.
"""

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from forensics.digest import Digest
from forensics.values import dataclass
from forensics_connectors.git.text import text

__all__ = ["LAYOUTS", "Directory", "Storage", "StorageProblem", "open_plain", "parse_listing", "read_settings"]

_CONFIG_BYTES = 2**20
_LISTING_BYTES = 2**28
#: Bounds the memory that parsing can take: each JSON value costs one of these characters at least.
_LISTING_TOKENS = 24_000_000
_TOKENS = b'{[,:"'
#: More bytes than any path has: text is parsed into up to eight times the memory that its bytes take.
_BLOCK = 2**16
#: Where objects lie below a cache or a remote: DVC 3, and before.
LAYOUTS = ("files/md5", "")


_MD5 = re.compile(r"[0-9a-f]{32}")


class StorageProblem(Exception):  # noqa: N818 - not an error of the program: the reader turns it into a finding
    """An object is there and cannot be what its name says."""


@dataclass(frozen=True, slots=True)
class Directory:
    """The members of a directory object, columns of equal length; ``algorithm`` is that of all values."""

    names: tuple[str, ...]
    values: tuple[str, ...]
    algorithm: str


class Storage:
    """The caches and local remotes of the DVC projects of one working tree.

    Args:
        projects: folders that hold a ``.dvc`` folder.
    """

    def __init__(self, projects: Iterable[Path]) -> None:
        found = (folder for project in projects for folder in _folders(project / ".dvc"))
        self.folders: tuple[Path, ...] = tuple(dict.fromkeys(found))
        self._roots = [folder / layout for folder in self.folders for layout in LAYOUTS]

    def places(self, digest: Digest) -> Iterator[Path]:
        """Where an object may lie: nowhere unless its name is a hash, since any other text could lead elsewhere."""
        if digest.is_content_hash and digest.is_well_formed:
            for root in self._roots:
                yield root / digest.value[:2] / digest.value[2:]

    def read_directory(self, digest: Digest) -> Directory | None:
        """Reads the listing of a directory.

        Returns:
            The members, or None where no folder holds the listing.

        Raises:
            StorageProblem: the only listings found are not what their name says.
        """
        problem: StorageProblem | None = None
        for path in self.places(digest):
            try:
                data = _read_plain(path, _LISTING_BYTES)
                if data is None:
                    continue
                if hashlib.md5(data, usedforsecurity=False).hexdigest() + ".dir" != digest.value:
                    raise StorageProblem("its bytes do not have the md5 that its name says")
                return parse_listing(data, digest.algorithm)
            except StorageProblem as error:
                problem = error
        if problem is not None:
            raise problem
        return None

    def inventory(self) -> str:
        """A cheap digest of which objects are there: it changes when a listing has appeared or gone.

        It is taken from the modification times of the fan-out folders, so it may also change when none has.
        """
        hasher = hashlib.sha256()
        for folder in self.folders:
            for layout in LAYOUTS:
                for name, time in sorted(_fan_out(folder / layout)):
                    hasher.update(f"{folder}\0{layout}\0{name}\0{time}\n".encode("utf-8", "surrogateescape"))
        return hasher.hexdigest()


def parse_listing(data: bytes, algorithm: str) -> Directory:
    """Reads the JSON of a ``.dir`` object.

    Args:
        data: the object's bytes.
        algorithm: of the directory's digest; its members' ``md5`` are of the same.

    Raises:
        StorageProblem: it is no listing, or too large a one.
    """
    if sum(data.count(bytes((token,))) for token in _TOKENS) > _LISTING_TOKENS:
        raise StorageProblem("it has too many entries")
    if any(data.find(b'"', start, start + _BLOCK) < 0 for start in range(0, len(data) - _BLOCK, _BLOCK)):
        raise StorageProblem("it holds a text that is longer than any path")
    try:
        entries = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise StorageProblem("it is not JSON") from error
    if not isinstance(entries, list):
        raise StorageProblem("it is not a list")
    keys = {"md5": algorithm, "etag": "etag", "checksum": "checksum"}
    key = next((key for key in keys if entries and isinstance(entries[0], dict) and key in entries[0]), "md5")
    plain = keys[key] in ("md5", "md5-dos2unix")
    names: list[str] = []
    values: list[str] = []
    for entry in entries:
        name, value = (entry.get("relpath"), entry.get(key)) if isinstance(entry, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(value, str) or not name or not value:
            raise StorageProblem("an entry has no relpath or no digest")
        value = value.lower() if key == "md5" else text(value)
        if not (plain and _MD5.fullmatch(value)) and not Digest(keys[key], value).is_well_formed:
            raise StorageProblem("an entry's digest is malformed")
        names.append(name)
        values.append(value)
    if len(set(names)) != len(names):
        raise StorageProblem("it names a member twice")
    return Directory(tuple(names), tuple(values), keys[key])


def read_settings(content: str) -> dict[tuple[str, str], str]:
    """Reads the settings of a ``.dvc/config``: (section, key) to value, sections without their quotes.

    Only what names folders is read: ``cache.dir`` and each remote's ``url``.
    """
    settings: dict[tuple[str, str], str] = {}
    section = ""
    for raw in content.splitlines():
        line = raw.strip()
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip().strip("'").replace('"', "")
        elif "=" in line and not line.startswith(("#", ";")):
            key, _, value = (part.strip() for part in line.partition("="))
            if (section, key) == ("cache", "dir") or (section.startswith("remote ") and key == "url"):
                quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
                settings[section, key] = value[1:-1] if quoted else value.partition(" #")[0].strip()
    return settings


def _folders(dvc: Path) -> Iterator[Path]:
    """The folders in which objects of one project may lie: its cache first, then its local remotes."""
    settings: dict[tuple[str, str], str] = {}
    for name in ("config", "config.local"):
        try:
            data = _read_plain(dvc / name, _CONFIG_BYTES)
        except StorageProblem:
            data = None
        settings |= read_settings((data or b"").decode("utf-8", "replace"))
    yield dvc / "cache"
    for value in settings.values():
        path = value.removeprefix("file://") if value.startswith("file:///") else value
        if path and "://" not in path and "\0" not in path and not path.startswith("~"):
            yield Path(os.path.normpath(dvc / path))


def _fan_out(folder: Path) -> Iterator[tuple[str, int]]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if len(entry.name) == 2 and entry.is_dir(follow_symlinks=False):
                    yield entry.name, entry.stat(follow_symlinks=False).st_mtime_ns
    except OSError:
        return


def open_plain(path: Path) -> BinaryIO | None:
    """Opens a plain file, None where there is none: never a link at its end, never a folder, a device or a pipe."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return None
    return os.fdopen(descriptor, "rb")


def _read_plain(path: Path, limit: int) -> bytes | None:
    file = open_plain(path)
    if file is None:
        return None
    with file:
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            raise StorageProblem(f"it is larger than {limit} bytes")
        return file.read(size + 1)
