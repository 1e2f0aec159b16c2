"""Files whose bytes DVC vouches for, in caches, local remotes and the working tree, and what they hash to.

Names in a store are those of whoever can write there. A folder or a file that is a link is not entered, and nothing but
a plain file is opened.
"""

import hashlib
import os
import re
import stat
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from forensics.digest import Digest
from forensics.model import Rehashed, Stored
from forensics_connectors.dvc.checkout import read_checkout
from forensics_connectors.dvc.hashing import MD5, UNIX, stream_digests
from forensics_connectors.dvc.presence import projects
from forensics_connectors.dvc.storage import LAYOUTS, Storage, StorageProblem
from forensics_connectors.git.text import text

__all__ = ["rehash", "stored_files"]

_FAN_OUT = re.compile(rb"[0-9a-f]{2}\Z")
_OBJECT = re.compile(rb"[0-9a-f]{30}(\.dir)?\Z")
#: Bytes that are read at once: few enough to stay in a core's own cache from the first hash to the second.
_BLOCK = 1 << 18
#: Files and bytes that one thread hashes before it gives account.
_TASK_FILES, _TASK_BYTES = 256, 64 << 20
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def stored_files(locator: str) -> Iterator[Stored]:
    """Lists the files of a repository whose bytes DVC vouches for, without reading any.

    Args:
        locator: a git repository on this machine.

    Yields:
        Every file in the folders of caches and local remotes where objects lie, whatever its name; objects of the
        layout before DVC 3.0 have a ``md5-dos2unix`` digest. Then the files of the working tree that its dvc.lock and
        ``.dvc`` files state, those of directories too.
    """
    storage = Storage(projects(Path(locator)))
    for folder in storage.folders:
        for layout in LAYOUTS:
            yield from _objects(os.fsencode(folder / layout), MD5 if layout else UNIX)
    for one in read_checkout(locator)[0]:
        yield from _work_files(locator.rstrip("/"), one.path, one.digest, storage)


def _objects(root: bytes, algorithm: str) -> Iterator[Stored]:
    for fan_out in _entries(root):
        if _FAN_OUT.match(fan_out.name) and fan_out.is_dir(follow_symlinks=False):
            for entry in _entries(fan_out.path):
                try:
                    about = entry.stat(follow_symlinks=False)
                except OSError:
                    continue  # it is gone meanwhile
                digest = None
                if _OBJECT.match(entry.name):
                    digest = Digest(algorithm, (fan_out.name + entry.name).decode())
                problem = "" if stat.S_ISREG(about.st_mode) else _kind(about.st_mode)
                yield Stored(
                    entry.path, text(os.fsdecode(entry.path)), digest, about.st_size, about.st_mtime_ns, problem
                )


def _work_files(root: str, path: str, digest: Digest, storage: Storage) -> Iterator[Stored]:
    """The file at a path of the working tree, or all files of the directory there, as far as they are checked out."""
    members = [(path, digest)]
    if digest.is_directory:
        try:
            listing = storage.read_directory(digest) if os.path.lexists(f"{root}/{path}") else None
        except StorageProblem:
            return  # it is an object that will be called tampered
        if listing is None:
            return
        named = zip(listing.names, listing.values, strict=True)
        members = [(f"{path}/{name}", Digest(listing.algorithm, value)) for name, value in named]
    top = f"{os.path.realpath(root)}/"
    entered: dict[str, bool] = {}
    for inside, expected in members:
        leaves = inside.startswith("/") or ".." in inside.split("/")
        if expected.algorithm not in {MD5, UNIX} or "\0" in inside or leaves:
            continue
        location = f"{root}/{inside}"
        folder = location.rpartition("/")[0]
        try:
            about = os.lstat(location)
            if folder not in entered:
                entered[folder] = f"{os.path.realpath(folder)}/".startswith(top)
        except (OSError, ValueError):
            continue
        if not entered[folder]:
            continue  # a link on the way leads out of the working tree
        if stat.S_ISLNK(about.st_mode) and _leads_to_object(location, expected, storage):
            continue  # DVC may link to its own object, which is looked at itself
        problem = "" if stat.S_ISREG(about.st_mode) else _kind(about.st_mode)
        yield Stored(
            os.fsencode(location), text(location), expected, about.st_size, about.st_mtime_ns, problem, is_object=False
        )


def _leads_to_object(link: str, digest: Digest, storage: Storage) -> bool:
    path = Path(link)
    return path.parent / path.readlink() in set(storage.places(digest))


def _entries(folder: bytes) -> list["os.DirEntry[bytes]"]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []


def _kind(mode: int) -> str:
    if stat.S_ISLNK(mode):
        return "a link, which is not followed"
    return "a folder" if stat.S_ISDIR(mode) else "no plain file"


def rehash(files: Iterable[Stored], threads: int | None = None) -> Iterator[Rehashed]:
    """Reads files to their end and hashes them, several at a time.

    Args:
        files: what to read, in any order; only as many as are being read are held.
        threads: how many at a time; one for each core where None.

    Yields:
        One for each file, in the order given.
    """
    threads = threads or len(os.sched_getaffinity(0))
    waiting: deque[Future[list[Rehashed]]] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        for task in _tasks(files):
            waiting.append(pool.submit(_hash_all, task))
            if len(waiting) > 2 * threads:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _tasks(files: Iterable[Stored]) -> Iterator[list[Stored]]:
    task: list[Stored] = []
    size = 0
    for stored in files:
        task.append(stored)
        size += stored.size
        if len(task) == _TASK_FILES or size >= _TASK_BYTES:
            yield task
            task, size = [], 0
    if task:
        yield task


def _hash_all(task: list[Stored]) -> list[Rehashed]:
    buffer = memoryview(bytearray(_BLOCK))
    return [_hash(stored, buffer) for stored in task]


def _hash(stored: Stored, buffer: memoryview) -> Rehashed:
    if stored.problem:
        return Rehashed(stored, problem=stored.problem)
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    try:
        into = [buffer]
        descriptor = os.open(stored.location, _FLAGS)
        try:
            about = os.fstat(descriptor)
            if not stat.S_ISREG(about.st_mode):
                return Rehashed(stored, problem=_kind(about.st_mode))
            total = 0
            while total < about.st_size and (count := os.readv(descriptor, into)):
                block = buffer[:count]
                md5.update(block)
                sha256.update(block)
                total += count
        finally:
            os.close(descriptor)
        if total != stored.size or about.st_mtime_ns != stored.mtime_ns:
            return Rehashed(stored, problem="it changed while it was read")
        found = md5.hexdigest()
        is_dos2unix = False
        if stored.digest is not None and found != stored.digest.value.removesuffix(".dir"):
            with os.fdopen(os.open(stored.location, _FLAGS), "rb") as file:
                is_dos2unix = stream_digests(file)[1].value == stored.digest.value
        return Rehashed(stored, found, sha256.hexdigest(), is_dos2unix)
    except OSError as error:
        return Rehashed(stored, problem=error.strerror or str(error))
