"""BagIt 1.0 (RFC 8493): writing a bag, the same bytes for the same content, and reading one from a stranger.

A bag of ours has its tag files and manifests and nothing else beside ``data/``: no ``fetch.txt``, no links. Names in it
are plain, so that none needs escaping.
"""

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from forensics.errors import IntegrityError
from forensics.values import dataclass

__all__ = ["ALGORITHMS", "TAG_MANIFESTS", "Found", "bag_files", "manifest", "read_bag", "read_file"]

ALGORITHMS = ("sha256", "sha512")

#: The two files that stand for the whole bag: they cover the other tag files, and these cover the payload.
TAG_MANIFESTS = tuple(f"tagmanifest-{algorithm}.txt" for algorithm in ALGORITHMS)

_DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}\Z")
_MOST_FILES = 20_000
_MOST_BYTES = 8 << 30
_DEEPEST = 6
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Found:
    """One file of a bag as it is on disk.

    Attributes:
        size: bytes.
        digests: of its bytes, in hexadecimal digits, by algorithm.
    """

    size: int
    digests: dict[str, str]


def bag_files(payload: Mapping[str, bytes], info: Mapping[str, str]) -> dict[str, bytes]:
    """All files of a bag.

    Args:
        payload: bytes by path below ``data/``.
        info: what stands in ``bag-info.txt``; the payload's size is added.

    Raises:
        ValueError: a path that is not plain.
    """
    files = {f"data/{path}": data for path, data in payload.items()}
    for path in files:
        if not _is_plain(path):
            raise ValueError(f"not a plain path: {path!r}")
    stated = {**info, "Payload-Oxum": f"{sum(map(len, payload.values()))}.{len(payload)}"}
    tags = {
        "bagit.txt": _DECLARATION,
        "bag-info.txt": "".join(f"{label}: {stated[label]}\n" for label in sorted(stated)).encode(),
    }
    described = {path: _described(data) for path, data in files.items()}
    tags |= {f"manifest-{algorithm}.txt": manifest(described, algorithm) for algorithm in ALGORITHMS}
    described = {path: _described(data) for path, data in tags.items()}
    tags |= {f"tagmanifest-{algorithm}.txt": manifest(described, algorithm) for algorithm in ALGORITHMS}
    return files | tags


def manifest(files: Mapping[str, Found], algorithm: str) -> bytes:
    """A manifest: a line a file, sorted by path, as ``sha256sum`` reads it."""
    return "".join(f"{files[path].digests[algorithm]}  {path}\n" for path in sorted(files)).encode()


def read_bag(folder: Path) -> dict[str, Found]:
    """Hashes all files of a bag, following nothing.

    Args:
        folder: the bag.

    Returns:
        The files by path, sorted.

    Raises:
        IntegrityError: it is no folder, or holds what no bag of ours holds: a link, a special file, an odd name, more
            than is reasonable.
    """
    found: dict[str, Found] = {}
    total = 0
    for path in sorted(_walk(folder, "", 1)):
        if len(found) == _MOST_FILES:
            raise IntegrityError(f"more than {_MOST_FILES:,} files")
        found[path] = _hashed(folder, path, _MOST_BYTES - total)
        total += found[path].size
    return found


def read_file(folder: Path, path: str, found: Found) -> bytes:
    """The bytes of a file of a bag, which must be those that were hashed.

    Raises:
        IntegrityError: they are others by now.
    """
    with _opened(folder / path) as stream:
        data = stream.read(found.size + 1)
    if hashlib.sha256(data).hexdigest() != found.digests["sha256"]:
        raise IntegrityError(f"{path} changed while it was read")
    return data


def _walk(folder: Path, prefix: str, depth: int) -> Iterator[str]:
    try:
        if depth == 1 and (folder.is_symlink() or not folder.is_dir()):
            raise IntegrityError("it is no folder")
        entries = os.scandir(folder)
    except OSError as error:
        raise IntegrityError(f"{prefix or folder} cannot be read: {error.strerror}") from None
    with entries:
        count = -1
        for count, entry in enumerate(entries):
            path = f"{prefix}{entry.name}"
            if count == _MOST_FILES or depth > _DEEPEST:
                raise IntegrityError(f"{prefix or 'the bag'} holds more than any bag of ours does")
            if not _is_plain(entry.name):
                raise IntegrityError(f"{path!r} is no name that a bag of ours has")
            if entry.is_symlink():
                raise IntegrityError(f"{path} is a link")
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(folder / entry.name, f"{path}/", depth + 1)
            elif entry.is_file(follow_symlinks=False):
                yield path
            else:
                raise IntegrityError(f"{path} is no plain file")
        if count < 0:
            raise IntegrityError(f"{prefix or 'the bag'} is empty")


def _is_plain(path: str) -> bool:
    return all(_NAME.match(part) for part in path.split("/"))


def _opened(path: Path) -> BinaryIO:
    """Opens a plain file, however the folder changes meanwhile: no link is followed, no pipe is waited for."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise IntegrityError(f"{path} cannot be read: {error.strerror}") from None
    stream = os.fdopen(handle, "rb")
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.close()
        raise IntegrityError(f"{path} is no plain file")
    return stream


def _hashed(folder: Path, path: str, limit: int) -> Found:
    hashes = {algorithm: hashlib.new(algorithm) for algorithm in ALGORITHMS}
    size = 0
    with _opened(folder / path) as stream:
        if os.fstat(stream.fileno()).st_size > limit:
            raise _too_large(path)
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > limit:
                raise _too_large(path)
            for one in hashes.values():
                one.update(chunk)
    return Found(size, {algorithm: one.hexdigest() for algorithm, one in hashes.items()})


def _too_large(path: str) -> IntegrityError:
    return IntegrityError(f"with {path} it holds more than {_MOST_BYTES >> 30} GiB, as no bag of ours does")


def _described(data: bytes) -> Found:
    return Found(len(data), {algorithm: hashlib.new(algorithm, data).hexdigest() for algorithm in ALGORITHMS})
