"""What the DVC metadata of a working tree states, committed or not."""

from forensics.digest import Digest
from forensics.values import dataclass

__all__ = ["Stated"]


@dataclass(frozen=True, slots=True)
class Stated:
    """The bytes that one entry of a checked-out document gives a path.

    Attributes:
        path: relative to the working tree, with ``/``; an address where it lies outside.
        digest: of the bytes.
        document: the dvc.lock or ``.dvc`` file, relative to the working tree.
        line: of the digest in that file, from 1; None where it could not be told.
        made_of: path and digest of all that the same entry says these bytes were made from.
    """

    path: str
    digest: Digest
    document: str
    line: int | None
    made_of: tuple[tuple[str, Digest], ...] = ()
