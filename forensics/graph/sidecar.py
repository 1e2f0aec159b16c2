"""The graph kept in one memory-mapped file beside the case: a cache, never evidence.

Layout, all in the machine's own byte order: a header (``_HEAD``), the stamp in UTF-8, then the seven arrays in the
order of ``_views``, each at the next multiple of 64 bytes. Every position follows from the header's counts, so that
there is nothing else in the file to trust.
"""

import mmap
import os
import stat
import struct
import sys
import zlib
from pathlib import Path
from typing import Literal

from forensics.graph.adjacency import Adjacency, Graph

__all__ = ["FILE_NAME", "load", "save"]

FILE_NAME = "graph.csr"

_MAGIC = b"FORENSIC"
_VERSION = 1
_ORDER = 0x0102_0304
# magic, version, byte order, nodes, edges, bytes of a pointer, bytes of the stamp, CRC-32 of the seven arrays in turn
_HEAD = struct.Struct("=8sIIQQIII")
_STAMP_LIMIT = 4096
_ALIGN = 64


def save(graph: Graph, directory: str | os.PathLike[str], stamp: str) -> Path:
    """Writes the sidecar so that any reader sees either the old one or the new one, whole.

    Args:
        graph: what to keep.
        directory: where; it is made if only itself is missing.
        stamp: what the case looked like, at most 4,096 bytes; ``load`` must name the same one.

    Returns:
        The file's path.

    Raises:
        OSError: no room, no permission: the caller goes on without a sidecar.
        ValueError: the stamp is too long.
    """
    import tempfile

    text = stamp.encode()
    if len(text) > _STAMP_LIMIT:
        raise ValueError(f"a stamp of {len(text)} bytes; {_STAMP_LIMIT} at most")
    views = _views(graph)
    width = graph.forward.pointers.itemsize
    head = _HEAD.pack(_MAGIC, _VERSION, _ORDER, graph.nodes, graph.edges, width, len(text), _checksum(views)) + text
    path = Path(directory) / FILE_NAME
    path.parent.mkdir(exist_ok=True)
    if path.parent.is_symlink():
        raise OSError(f"{directory} is a link: nothing is written where it leads")
    # Each writer fills a file of its own name: the last rename wins, and all of them write the same bytes.
    handle, scratch = tempfile.mkstemp(prefix=f".{FILE_NAME}.", dir=directory)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(head)
            for view, begin, _ in zip(views, *_places(graph.nodes, graph.edges, width, len(text)), strict=True):
                file.write(bytes(begin - file.tell()))
                file.write(view)
            file.flush()
            os.fsync(file.fileno())
        Path(scratch).replace(path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise
    _sync(directory)
    return path


def load(directory: str | os.PathLike[str], stamp: str, *, thorough: bool = False) -> Graph | None:
    """Maps the sidecar into memory; milliseconds whatever its size, and without numpy.

    Magic, version, byte order, stamp, lengths and the ends of the pointers are always checked; that the pointers
    ascend only where numpy is loaded already. The searches refuse what is still wrong with an ``IntegrityError``.

    Args:
        directory: where ``save`` put it.
        stamp: what the case looks like now.
        thorough: also read all of it and compare its checksum (about 0.1 s for 10 M edges): finds every torn or
            rotten byte, though not a forger, who could as well have written another case.

    Returns:
        None where there is none, or it does not belong to this stamp, or it is not whole.
    """
    try:
        # Not blocking: a pipe put in the sidecar's place must not hang the reader.
        handle = os.open(Path(directory) / FILE_NAME, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) or status.st_size < _HEAD.size:
            return None
        memory = memoryview(mmap.mmap(handle, status.st_size, access=mmap.ACCESS_READ))
    except (OSError, ValueError):
        return None
    finally:
        os.close(handle)
    magic, version, order, nodes, edges, width, length, checksum = _HEAD.unpack_from(memory)
    if (magic, version, order) != (_MAGIC, _VERSION, _ORDER) or width not in (4, 8) or length > _STAMP_LIMIT:
        return None
    if memory[_HEAD.size : _HEAD.size + length] != stamp.encode() or nodes >= 2**31:
        return None
    begins, ends = _places(nodes, edges, width, length)
    if ends[-1] != len(memory):
        return None
    formats: list[Literal["i", "q", "B"]] = ["i" if width == 4 else "q", "i", "B"]
    parts = zip(begins, ends, [*formats, *formats, "B"], strict=True)
    views = [memory[begin:end].cast(kind) for begin, end, kind in parts]
    graph = Graph(nodes, Adjacency(*views[:3]), Adjacency(*views[3:6]), views[6])
    if thorough and _checksum(_views(graph)) != checksum:
        return None
    return graph if _ascends(graph.forward) and _ascends(graph.reverse) else None


def _views(graph: Graph) -> list[memoryview]:
    """The arrays in the order of the file."""
    forward, reverse = graph.forward, graph.reverse
    return [
        forward.pointers, forward.targets, forward.codes, reverse.pointers, reverse.targets, reverse.codes, graph.kinds,
    ]  # fmt: skip


def _places(nodes: int, edges: int, width: int, length: int) -> tuple[list[int], list[int]]:
    """Where each array begins and ends, in bytes from the start of the file."""
    begins, ends = [], []
    end = _HEAD.size + length
    for size in [(nodes + 1) * width, 4 * edges, edges] * 2 + [nodes]:
        begins.append(-(-end // _ALIGN) * _ALIGN)
        end = begins[-1] + size
        ends.append(end)
    return begins, ends


def _checksum(views: list[memoryview]) -> int:
    value = 0
    for view in views:
        value = zlib.crc32(view, value)
    return value


def _ascends(rows: Adjacency) -> bool:
    """Whether the pointers begin at 0, end at the last edge and, if that is cheap to tell, never step back."""
    if rows.pointers[0] != 0 or rows.pointers[-1] != rows.edges:
        return False
    if "numpy" not in sys.modules:
        return True
    pointers = rows.arrays[0]
    return bool((pointers[1:] >= pointers[:-1]).all())


def _sync(directory: str | os.PathLike[str]) -> None:
    """Makes the rename outlive a power cut, where the system can."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
