"""One reading of one source: what it is, what it saw, and what it could not read."""

from forensics.digest import Digest
from forensics.model.keys import Origin
from forensics.model.kinds import FindingKind, GapKind
from forensics.values import dataclass

__all__ = ["Acquired", "Finding", "Gap", "Presence", "Source", "Wanted"]


@dataclass(frozen=True, slots=True)
class Source:
    """A place that can be read.

    Attributes:
        kind: what it is, whichever connector reads it: ``git`` (with its DVC metadata), ``mlmd``.
        locator: where it is, without secrets.
        name: a short name for people, the last part of the locator.
        fingerprints: what tells this source from others wherever it lies: for git its root commits (and shallow
            boundaries) as commit ids. Two sources that share one are one.
        object_format: ``sha1`` or ``sha256`` for git, else empty.
        state: a digest of all that could change what a reading returns; equal states need no second reading.
        is_store: its facts are rows known by their ids (``mlmd:artifact/12``), which later writes may overwrite.
    """

    kind: str
    locator: str
    name: str
    fingerprints: tuple[str, ...]
    object_format: str = ""
    state: str = ""
    is_store: bool = False


@dataclass(frozen=True, slots=True)
class Acquired:
    """The state of the source that a reading saw, for the acquisition: yielded once, as the last record.

    Attributes:
        state: as ``Source.state``, after the reading.
        details: what was seen, as JSON-able pairs: HEAD, number of refs, commits, documents, seconds per phase.
    """

    state: str
    details: dict[str, object]


@dataclass(frozen=True, slots=True)
class Gap:
    """A place where lineage is missing, so that "clear" cannot be said behind it.

    Attributes:
        node: key of the node at which it is missing; everything that node leads to stands behind the gap.
        size: bytes at most that can have come through it, where that is known.
        detail: what is missing, in words.
    """

    kind: GapKind
    node: str
    detail: str
    origin: Origin
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something noticed in a source.

    Attributes:
        admits: it could hide any lineage (an unreadable document), so that an answer may be short.
        node: key of the node that it is about, where there is one.
    """

    kind: FindingKind
    message: str
    origin: Origin
    admits: bool = False
    node: str = ""


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether the bytes of a content are still there.

    Attributes:
        state: ``present`` (found and re-hashed), ``corrupt`` (found, but they hash to something else), ``listed`` (a
            remote says that it has them; not re-hashed) or ``missing``.
        where: the file or remote, empty where missing.
        sha256: of the bytes found, in hexadecimal digits, for the record; empty for directories and where not read.
        detail: in words: how many files of a directory are missing, which digest was found.
    """

    state: str
    where: str = ""
    sha256: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A digest that one source names, and whose bytes another source may hold under an id of its own.

    Attributes:
        digest: of a file, or ``tfx-code`` of the Python files of a folder.
        names: file names under which it is known, in lower case, in order; they may all be wrong.
        is_code: it is of code that ran, so that it should be in some commit.
    """

    digest: Digest
    names: tuple[str, ...] = ()
    is_code: bool = False
