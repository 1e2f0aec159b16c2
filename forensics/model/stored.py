"""Bytes that lie in a store of a source, and what hashing them again gave."""

from forensics.digest import Digest
from forensics.values import dataclass

__all__ = ["Rehashed", "Stored"]


@dataclass(frozen=True, slots=True)
class Stored:
    """One file whose bytes a source says it knows: an object of a cache or a remote, or a file of a working tree.

    Attributes:
        location: the path as the system has it.
        path: the path as valid text, different ones different.
        digest: what its name, or the metadata beside it, says that its bytes hash to; None where neither does.
        size: bytes.
        mtime_ns: when it was last modified, nanoseconds since 1970, as the file system claims.
        problem: why it cannot be read: it is a link, a folder, a device; empty where it is a plain file.
        is_object: it lies in a cache or a remote, where nobody has a reason to change it.
    """

    location: bytes
    path: str
    digest: Digest | None
    size: int
    mtime_ns: int
    problem: str = ""
    is_object: bool = True


@dataclass(frozen=True, slots=True)
class Rehashed:
    """A file that was read to its end.

    Attributes:
        stored: the file.
        md5, sha256: of its bytes, in hexadecimal digits; empty where it could not be read.
        is_dos2unix: they have the digest that the name says where CRLF counts as LF, as DVC before 3.0 took it of text.
        problem: why it could not be read, or that it changed meanwhile; empty where it was read.
    """

    stored: Stored
    md5: str = ""
    sha256: str = ""
    is_dos2unix: bool = False
    problem: str = ""
